"""The menu: what each kind of person finds at the top of a page.

It offers what the person's rights open, in the order in which work is done. A page marks its own
entry by giving `section` to its template.
"""

from typing import Final, NamedTuple

from guild.core.permissions import Actor, Permission


class Entry(NamedTuple):
    """One line of the menu; `hint` is shown on the start page only."""

    href: str
    label: str
    hint: str
    permission: Permission
    main: bool = True
    """Whether it stands in the masthead, or on the start page only."""


P = Permission
ENTRIES: Final = (
    Entry("/money", "Money", "What is coming to you, and when", P.PAYOUTS_REQUEST),
    Entry("/contracts", "Contracts", "What you agreed, and where it stands", P.CONTRACTS_READ),
    Entry(
        "/clients",
        "Clients",
        "Whom you work for, and who signs there",
        P.CLIENTS_MANAGE,
        main=False,
    ),
    Entry("/invoices", "Invoices", "What was sent to clients, and what is paid", P.INVOICES_READ),
    Entry(
        "/receivables",
        "Owed",
        "What clients owe, and what is done about it",
        P.INVOICES_READ,
        main=False,
    ),
    Entry("/objections", "Objections", "What clients say is wrong", P.OBJECTIONS_READ, main=False),
    Entry("/costs", "Costs", "What suppliers ask for your projects", P.COSTS_READ),
    Entry("/me", "You", "Your details, your account at the bank, your sessions and keys", P.SELF),
    Entry("/claims", "Protection", "When you are ill or times are hard", P.CLAIMS_FILE),
    Entry("/jury", "Jury", "Claims that you were drawn to decide", P.CLAIMS_JUDGE, main=False),
    Entry("/reviews", "Reviews", "What union representatives say about contracts", P.REVIEWS_READ),
    Entry("/reputation", "Reputation", "What is said about your work", P.REPUTATION_READ),
    Entry(
        "/reputation/disputes", "Disputes", "Statements to rule on", P.REPUTATION_RULE, main=False
    ),
    Entry("/treasury", "Treasury", "Statements in, payouts out", P.TREASURY_READ),
    Entry("/books", "Books", "The trial balance and every account", P.LEDGER_READ, main=False),
    Entry("/series", "Series", "That no invoice number is missing", P.LEDGER_READ, main=False),
    Entry("/operations", "Jobs", "What runs behind the pages, and what failed", P.OPERATE),
    Entry("/approvals", "Approvals", "Money that leaves once enough agree", P.PAYOUTS_APPROVE),
    Entry("/office", "Office", "Applications, bank accounts, roles", P.MEMBERS_APPROVE_ACCOUNT),
    Entry(
        "/employed",
        "Employment",
        "Whom the co-operative employs",
        P.EMPLOYMENT_NOTE,
        main=False,
    ),
    Entry(
        "/exports", "Exports", "Your documents and books in one file", P.EXPORTS_MAKE, main=False
    ),
    Entry(
        "/webhooks",
        "Webhooks",
        "Tell your own programs what happens",
        P.WEBHOOKS_MANAGE,
        main=False,
    ),
    Entry("/fund", "The fund", "What it holds, and whether that is enough", P.PUBLIC),
    Entry("/log", "The log", "The public log, and how to check it yourself", P.PUBLIC),
    Entry("/charter", "The charter", "Every rule with its reason", P.PUBLIC, main=False),
    Entry("/docs", "For developers", "The same, for programs", P.PUBLIC, main=False),
)


def menu(actor: Actor) -> list[Entry]:
    """The entries for this actor's masthead. A client sees none: her link opens one thing."""
    return [entry for entry in offered(actor) if entry.main]


def offered(actor: Actor) -> list[Entry]:
    """All that this actor's rights open."""
    if actor.kind == "contact":
        return []
    return [entry for entry in ENTRIES if actor.may(entry.permission)]
