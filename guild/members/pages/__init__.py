"""Pages of people: the doors, one's own account, and the desk of the office.

Server-rendered; every form works without JavaScript. A refused form comes back filled in (never the
password), with what is wrong beside its field.
"""

from guild.members.pages import (
    access,
    account,
    client_import,
    clients,
    leaving,
    office,
    passkeys,
    tongues,
)

PAGES = [
    *access.PAGES,
    *account.PAGES,
    *client_import.PAGES,
    *clients.PAGES,
    *office.PAGES,
    *passkeys.PAGES,
    *leaving.PAGES,
    *tongues.PAGES,
]
