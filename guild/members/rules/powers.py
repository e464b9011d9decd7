"""Which rights a key may carry, and which offices a member in a given state really has."""

from collections.abc import Iterable
from typing import Final

from guild.core.permissions import Permission, Role

KEYLESS: Final = frozenset({
    Permission.PUBLIC,
    Permission.SELF,
    Permission.LINK,
    Permission.API_KEYS_MANAGE,
    Permission.CLAIMS_JUDGE,
    Permission.MEMBERS_ADMIT,
    Permission.MEMBERS_APPROVE_ACCOUNT,
    Permission.MEMBERS_REMOVE,
    Permission.MEMBERS_ROLES,
    Permission.OPERATE,
    Permission.PAYOUTS_APPROVE,
    Permission.REPUTATION_RULE,
    Permission.WEBHOOKS_MANAGE,
})  # fmt: skip
"""Rights that need a person at a page: decisions about people, about money leaving, about keys."""

KEY_SCOPES: Final = frozenset(Permission) - KEYLESS
P = Permission
SCOPE_WORDS: Final[dict[Permission, str]] = {
    P.CHARTER_READ: "Read the charter",
    P.CLAIMS_FILE: "Ask the fund for help, and read one's claims",
    P.CLIENTS_MANAGE: "Enter and correct clients",
    P.CONTRACTS_DRAFT: "Draft, change and send contracts",
    P.CONTRACTS_READ: "Read contracts",
    P.COSTS_ACCEPT: "Accept or dispute suppliers' invoices",
    P.COSTS_BOOK: "Book suppliers' invoices",
    P.COSTS_READ: "Read suppliers' invoices",
    P.COSTS_UPLOAD: "Hand in suppliers' invoices",
    P.DOCUMENTS_READ: "Fetch documents",
    P.EMPLOYMENT_NOTE: "Note who is employed",
    P.EXPORTS_MAKE: "Make exports",
    P.FUND_MANAGE: "Run the fund",
    P.FUND_READ: "Read the fund to the cent",
    P.INVOICES_CREDIT: "Issue credit notes and write notes on invoices",
    P.INVOICES_ISSUE: "Draft and issue invoices",
    P.INVOICES_READ: "Read invoices",
    P.INVOICES_SEND: "Send invoices again",
    P.LEDGER_READ: "Read the ledger",
    P.MATCHES_CONFIRM: "Say which invoice a bank entry pays",
    P.MEMBERS_READ: "Read the register of members",
    P.OBJECTIONS_MEDIATE: "Mediate objections of clients",
    P.OBJECTIONS_READ: "Read objections of clients",
    P.PAYOUTS_PREPARE: "Prepare payouts and payment files",
    P.PAYOUTS_READ: "Read payouts and statements",
    P.PAYOUTS_REQUEST: "Ask for payouts",
    P.RECEIVABLES_MANAGE: "Manage reminders, interest and refunds",
    P.REPUTATION_ATTEST: "Say how work went",
    P.REPUTATION_READ: "Read reputation",
    P.REVIEWS_CONDUCT: "Review contracts",
    P.REVIEWS_READ: "Read reviews",
    P.STATEMENTS_IMPORT: "Import bank statements",
    P.TREASURY_READ: "Read the treasury",
}
"""What a key's scope opens, in words for the page where a person ticks it."""


def roles_held(state: str, offices: Iterable[str]) -> frozenset[Role]:
    """The roles that count today.

    Rights follow membership: nobody outside `member` and `on_leave` has any, and on leave the
    offices rest while a member keeps her own affairs.
    """
    if state == "member":
        return frozenset({Role.MEMBER, *map(Role, offices)})
    if state == "on_leave":
        return frozenset({Role.MEMBER})
    return frozenset()
