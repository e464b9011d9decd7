"""The JSON interface to people, access, clients and bank accounts."""

from guild.members.routes import access, bank, clients, numbers, passkeys, people

ROUTES = [
    *access.ROUTES,
    *people.ROUTES,
    *numbers.ROUTES,
    *clients.ROUTES,
    *bank.ROUTES,
    *passkeys.ROUTES,
]
