"""Invoices over HTTP: the member's side, and the client's side through a personal link."""

from guild.invoicing.routes.corrections import ROUTES as CORRECTIONS
from guild.invoicing.routes.documents import ROUTES as DOCUMENTS
from guild.invoicing.routes.documents import FileKind, file_answer, linked_invoice
from guild.invoicing.routes.kinds import ROUTES as KINDS
from guild.invoicing.routes.recurring import ROUTES as RECURRING
from guild.invoicing.routes.self_billing import ROUTES as SELF_BILLING
from guild.invoicing.routes.shares import ROUTES as SHARES

__all__ = ["ROUTES", "FileKind", "file_answer", "linked_invoice"]

ROUTES = [*CORRECTIONS, *KINDS, *RECURRING, *SELF_BILLING, *SHARES, *DOCUMENTS]
