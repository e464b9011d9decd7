"""Who the co-operative is made of and whom it deals with.

People apply, are admitted by a secretary, may go on leave, come back, resign or be removed by two
persons with reasons. Roles give powers; a role of power is asked for by one person and confirmed by
another, may expire, and ends with the membership.

Members sign in with a password (argon2id) into server-side sessions, or use scoped API keys that
are shown once. Clients need no account: they act through a personal link that came by mail.

Organisations are the members' clients, with the contacts who answer for them. Bank accounts are
sealed, decided by a second person, and usable only after a cooling-off period set by the charter.
"""
