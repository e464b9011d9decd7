"""A client's account, straight from the ledger: what it owes, claims of interest, its credit.

One statement reads the postings on the three accounts of the client in one currency; what an entry
moves between them (credit used for an invoice) nets to nothing and does not show.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final, cast

import msgspec
from sqlalchemy import Integer, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import bindparam
from sqlalchemy.types import Uuid

from guild.core.errors import Invalid
from guild.core.ids import ContactId, OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import Language, PrintOrder
from guild.invoicing.models import Invoice
from guild.ledger import queries as ledger
from guild.ledger.chart import Account
from guild.members.errors import OrganisationNotFound
from guild.members.models import Organisation
from guild.members.queries import KnownAs
from guild.receivables import access
from guild.receivables.queries.sheets import addressee, letterhead
from guild.receivables.rules.tables import csv_bytes
from guild.receivables.schemas import StatementLine, StatementOut
from guild.receivables.sheets import StatementRow, StatementSheet

THREE: Final = ("receivable", "interest_receivable", "client_credit")
LINES_MAX: Final = 20_000
YEAR: Final = timedelta(days=365)
FIRST_YEAR: Final = 2000

READ: Final = text(
    """
SELECT a.asked, e.occurred_on, e.kind, e.text, sum(p.amount_minor)::bigint AS minor,
       coalesce(i.number, c.invoice_number, '') AS document
  FROM unnest(:accounts, :asked, :contacts) AS a(account_id, asked, contact_id)
  JOIN ledger_posting p ON p.account_id = a.account_id
  JOIN ledger_entry e ON e.id = p.entry_id
  LEFT JOIN invoice i ON i.id = e.subject_id
  LEFT JOIN interest_claim c ON c.id = e.subject_id
 WHERE p.occurred_on <= :until
   AND (a.contact_id IS NULL OR i.id IS NULL OR i.contact_id = a.contact_id)
 GROUP BY a.asked, e.id, i.number, c.invoice_number
HAVING sum(p.amount_minor) <> 0
 ORDER BY a.asked, e.occurred_on, e.id"""
).bindparams(
    bindparam("accounts", type_=ARRAY(Uuid())),
    bindparam("asked", type_=ARRAY(Integer())),
    bindparam("contacts", type_=ARRAY(Uuid())),
)
"""Several accounts at once: `asked` is the place of an account in the question."""


class Asked(msgspec.Struct, frozen=True):
    """Whose account is asked for, and as which contact; None sees all of the client's documents."""

    client_id: OrganisationId
    currency: str
    contact_id: ContactId | None


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """A movement and what is owed after it, in minor units (negative: in the client's favour)."""

    on: date
    kind: str
    text: str
    document: str
    minor: int
    balance_minor: int


async def account_lines(
    work: Work, client_id: OrganisationId, currency: str, *, until: date | None = None,
    contact_id: ContactId | None = None,
) -> list[AccountLine]:  # fmt: skip
    """All movements up to a day; a contact sees those of documents addressed to her."""
    asked = [Asked(client_id, currency, contact_id)]
    return (await _lines_of(work, asked, until or work.today))[0]


async def _lines_of(work: Work, asked: Sequence[Asked], until: date) -> list[list[AccountLine]]:
    """The movements of each account that is asked for, in the order of the question."""
    three = [(place, code) for place in range(len(asked)) for code in THREE]
    rows = await work.session.execute(
        READ,
        {
            "accounts": [
                Account(code, asked[place].client_id).id(asked[place].currency)
                for place, code in three
            ],
            "asked": [place for place, _ in three],
            "contacts": [asked[place].contact_id for place, _ in three],
            "until": until,
        },
    )
    found: list[list[AccountLine]] = [[] for _ in asked]
    for place, on, kind, said, minor, document in rows:
        lines = found[place]
        before = lines[-1].balance_minor if lines else 0
        lines.append(
            AccountLine(
                on=on, kind=kind, text=said, document=document, minor=minor,
                balance_minor=before + minor,
            )
        )  # fmt: skip
    return found


def _period(since: date | None, until: date) -> tuple[date, date]:
    if until.year < FIRST_YEAR:
        raise Invalid(f"There are no accounts of before {FIRST_YEAR}.", field="until")
    since = since or until - YEAR
    if since > until:
        raise Invalid("The period ends before it begins.", field="since")
    return since, until


async def statement_of(
    work: Work,
    client_id: OrganisationId,
    currency: str,
    since: date | None = None,
    until: date | None = None,
    *,
    contact_id: ContactId | None = None,
) -> StatementOut:
    """A client's statement for the member whose client it is, the treasury, or its own contact.

    The year up to `until` (today) unless `since` says more. A contact sees what concerns her
    documents: those of her link, or of `contact_id`, whom the link to all speaks for. Raises
    OrganisationNotFound, and Invalid for a period that is none.
    """
    client = await visible_client(work, client_id)
    since, until = _period(since, until or work.today)
    contact = contact_id or (work.actor.link.contact_id if work.actor.link else None)
    asked = Asked(client_id, currency, contact)
    lines = (await _lines_of(work, [asked], until))[0]
    credit = await ledger.balance_of(work, Account("client_credit", client_id), currency)
    return _statement(asked, client.name, (since, until), lines, credit)


def _statement(
    asked: Asked, client_name: str, period: tuple[date, date], lines: list[AccountLine],
    credit: Money,
) -> StatementOut:  # fmt: skip
    since, until = period
    before = [line for line in lines if line.on < since]
    within = [line for line in lines if line.on >= since]
    opening = before[-1].balance_minor if before else 0

    def amount(minor: int) -> str:
        return Money(minor, asked.currency).text

    return StatementOut(
        client_id=asked.client_id,
        client_name=client_name,
        currency=asked.currency,
        since=since,
        until=until,
        opening=amount(opening),
        lines=[
            StatementLine(
                on=line.on, kind=line.kind, document=line.document, text=line.text,
                amount=amount(line.minor), balance=amount(line.balance_minor),
            )
            for line in within[:LINES_MAX]
        ],
        closing=amount(within[-1].balance_minor if within else opening),
        credit_on_account=credit.text,
    )  # fmt: skip


async def accounts_of(work: Work, known: Sequence[KnownAs]) -> list[tuple[KnownAs, StatementOut]]:
    """The statement of a year of each account of a client's person that was ever moved.

    The caller has asked `members.queries.known_as` who she is. All movements are one statement.
    """
    moved = await _currencies_of(work, {one.client_id for one in known})
    pairs = [(one, Asked(one.client_id, currency, one.contact_id))
             for one in known for currency in moved.get(one.client_id, ())]  # fmt: skip
    held_by: dict[tuple[OrganisationId, str], Money] = {}
    for currency in sorted({asked.currency for _, asked in pairs}):
        clients = [asked.client_id for _, asked in pairs if asked.currency == currency]
        accounts = [Account("client_credit", client_id) for client_id in clients]
        held = await ledger.balances_of(work, accounts, currency)
        held_by |= {(one, currency): money for one, money in zip(clients, held, strict=True)}
    period = _period(None, work.today)
    found = await _lines_of(work, [asked for _, asked in pairs], period[1])
    return [
        (one, _statement(asked, one.client_name, period, lines,
                         held_by[asked.client_id, asked.currency]))
        for (one, asked), lines in zip(pairs, found, strict=True)
    ]  # fmt: skip


async def _currencies_of(
    work: Work, clients: Collection[OrganisationId]
) -> dict[OrganisationId, list[str]]:
    """The currencies in which each client was ever invoiced, in alphabetical order."""
    rows = await work.session.execute(
        select(Invoice.client_id, Invoice.currency)
        .where(Invoice.client_id.in_(clients), Invoice.state != "draft")
        .distinct()
        .order_by(Invoice.currency)
    )
    found: dict[OrganisationId, list[str]] = {}
    for client_id, currency in rows:
        found.setdefault(client_id, []).append(currency)
    return found


async def visible_client(work: Work, client_id: OrganisationId) -> Organisation:
    """The client if the actor may see its account; raises OrganisationNotFound.

    A client's link opens the account of the client whose invoice it is for; the caller has looked
    that up.
    """
    visible = (
        Organisation.id == client_id
        if work.actor.kind == "contact"
        else access.clients_visible_to(work.actor)
    )
    row = await work.session.scalar(
        select(Organisation).where(Organisation.id == client_id, visible)
    )
    if row is None:
        raise OrganisationNotFound
    return row


def statement_csv(shown: StatementOut) -> bytes:
    """The statement as a table: opening, each movement, closing."""
    rows: list[list[object]] = [[shown.since, "opening", "", "", "", shown.opening]]
    rows += [[one.on, one.kind, one.document, one.text, one.amount, one.balance]
             for one in shown.lines]  # fmt: skip
    rows.append([shown.until, "closing", "", "", "", shown.closing])
    head = ["date", "kind", "document", "text", f"amount_{shown.currency}", "balance"]
    return csv_bytes(head, rows)


async def statement_pdf(work: Work, shown: StatementOut, lang: str) -> bytes:
    """The statement as a letter in the client's language."""
    client = await visible_client(work, shown.client_id)

    def minor(amount: str) -> int:
        return Money.parse(amount, shown.currency).minor

    sheet = StatementSheet(
        lang=cast("Language", lang if lang in {"en", "fr", "nl", "de"} else "en"),
        seller=letterhead(work),
        to=addressee(client),
        since=shown.since,
        until=shown.until,
        currency=shown.currency,
        opening_minor=minor(shown.opening),
        rows=tuple(
            StatementRow(
                on=one.on, kind=one.kind, document=one.document, minor=minor(one.amount),
                balance_minor=minor(one.balance),
            )
            for one in shown.lines
        ),
        closing_minor=minor(shown.closing),
    )  # fmt: skip
    pool = work.system.resource("documents.pool", DocumentPool)
    return await pool.render(
        PrintOrder(
            html=render_html("receivables/statement_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=work.now,
            attachments=(),
            facturx_profile="",
        )
    )
