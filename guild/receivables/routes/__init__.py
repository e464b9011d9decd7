"""JSON doors of receivables: for the client by link, for the member, for the treasury."""

from guild.receivables.routes.clients import ROUTES as CLIENTS
from guild.receivables.routes.linked import ROUTES as LINKED
from guild.receivables.routes.members import ROUTES as MEMBERS

ROUTES = [*LINKED, *MEMBERS, *CLIENTS]
