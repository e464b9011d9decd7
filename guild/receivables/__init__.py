"""Receivables: what clients owe after the invoice is out, and how it is asked for.

Disputes of a part or the whole, promises to pay, reminders by the charter's schedule, statutory
interest, write-offs, insolvent clients, statements of account, ageing, and the payment profile that
clients earn. An invoice's own amounts stay in `invoicing`; this package says what is in the way.
"""
