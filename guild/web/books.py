"""The books on pages, for treasurer and auditor: trial balance, accounts, series of numbers.

The ledger knows ids only; whose an account is, is told here, above all features.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Response
from sqlalchemy import ColumnElement, select

from guild.core.money import Money
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import CurrencyCode, Cursor, get
from guild.core.work import Work
from guild.exchange.models import Supplier
from guild.invoicing import queries as invoicing
from guild.invoicing.models import Invoice
from guild.ledger import queries as ledger
from guild.ledger.chart import CHART, Owner
from guild.ledger.errors import LedgerAccountNotFound
from guild.ledger.schemas import TrialBalance
from guild.members.models import Member, Organisation
from guild.treasury.models import CoopBankAccount, ProviderAccount

PAGE: Final = 50
Named = tuple[ColumnElement[UUID], ColumnElement[str]]
_WHOSE: Final = (
    select(Member.display_name).where(Member.id == Organisation.created_by).scalar_subquery()
)
"""Each member keeps her own clients, so one firm may have several accounts."""
NAMES: Final[Mapping[Owner, Sequence[Any]]] = {
    Owner.NOBODY: (),
    Owner.MEMBER: ((Member.id, Member.display_name),),
    Owner.ORGANISATION: ((Organisation.id, Organisation.name + ", client of " + _WHOSE),),
    Owner.BANK_ACCOUNT: (
        (CoopBankAccount.id, CoopBankAccount.name),
        (ProviderAccount.id, ProviderAccount.provider),
    ),
    Owner.INVOICE: ((Invoice.id, Invoice.number),),
    Owner.SUPPLIER: ((Supplier.id, Supplier.name),),
}
"""Where the names of owners stand."""


async def names_of(work: Work, code: str, owners: Sequence[UUID]) -> dict[UUID, str]:
    """What the owners of accounts of this code are called."""
    found: dict[UUID, str] = {}
    for key, name in NAMES[CHART[code].owner]:
        rows = await work.session.execute(select(key, name).where(key.in_(owners)))
        found |= {owner: called for owner, called in rows if called}
    return found


@get("/books", permission=Permission.LEDGER_READ, include_in_schema=False)
async def books(work: Work, month: str = "") -> Response[str]:
    """Debits and credits of every account of the chart, to the end of a month."""
    chosen = _month(month)
    shown = await ledger.trial_balance(work, chosen)
    return page(
        work, "web/books.html", status=422 if month and chosen is None else 200,
        section="/books", balance=shown, zero=_zero,
        errors=[{"field": "month", "text": "Write a month, such as 2026-11."}]
        if month and chosen is None else [],
        year=work.today.year, totals=_totals(shown),
    )  # fmt: skip


def _totals(balance: TrialBalance) -> list[tuple[str, str, str]]:
    """Currency, debits and credits, for the line under the accounts."""
    sums: dict[str, tuple[int, int]] = {}
    for line in balance.lines:
        debit, credit = sums.get(line.currency, (0, 0))
        sums[line.currency] = (
            debit + Money.parse(line.debit, line.currency).minor,
            credit + Money.parse(line.credit, line.currency).minor,
        )
    return [
        (key, Money(debit, key).text, Money(credit, key).text)
        for key, (debit, credit) in sums.items()
    ]


def _month(typed: str) -> date | None:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        return None


def _zero(amount: str) -> bool:
    return not amount.strip("-0.")


@get("/books/{code:str}", permission=Permission.LEDGER_READ, include_in_schema=False)
async def account(
    work: Work,
    code: str,
    owner: UUID | None = None,
    currency: CurrencyCode = "EUR",
    cursor: Cursor | None = None,
) -> Response[str]:
    """The movements of an account; where several own one of this code, whose there are."""
    known = CHART.get(code)
    if known is None:
        raise LedgerAccountNotFound
    if known.owner is not Owner.NOBODY and owner is None:
        rows = await ledger.accounts_of(work, code, currency, cursor=cursor, limit=PAGE)
        owners = [one.owner for one in rows.items if one.owner is not None]
        return page(
            work, "web/books_accounts.html", section="/books", code=code, title=known.title,
            currency=currency, rows=rows, names=await names_of(work, code, owners),
        )  # fmt: skip
    shown = await ledger.statement(work, code, owner, currency=currency, cursor=cursor, limit=PAGE)
    names = await names_of(work, code, [owner]) if owner else {}
    return page(
        work, "web/books_account.html", section="/books", shown=shown,
        name=names.get(owner, "") if owner else "", first=cursor is None,
        grown=_grown(shown.opening, shown.closing, currency),
    )  # fmt: skip


def _grown(opening: str, closing: str, currency: str) -> str:
    """What the page's movements come to."""
    return (Money.parse(closing, currency) - Money.parse(opening, currency)).text


@get("/series", permission=Permission.LEDGER_READ, include_in_schema=False)
async def series(work: Work) -> Response[str]:
    """Whether every series of numbers is whole, with the report that an inspector takes away."""
    return page(
        work, "web/series.html", section="/series", series=await invoicing.list_series(work)
    )


PAGES = [books, account, series]
