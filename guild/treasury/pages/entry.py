"""One bank entry: what the bank says, what it may be, and what was said about it."""

from typing import Any, Final

from litestar import Response

from guild.core.ids import BankEntryId
from guild.core.pages import page
from guild.core.work import Work
from guild.treasury import queries
from guild.treasury.pages.forms import Show, amount

EXPLANATIONS: Final = [
    ("bank_fees", "A charge or interest of the bank"),
    ("client_credit", "A client’s money, kept on account or given back"),
    ("suppliers", "Something the co-operative bought"),
    ("other_income", "Other income of the co-operative"),
    ("provider_fees", "A fee of a payment provider"),
]
PROVIDER: Final = [("provider_transfer", "Money that a payment provider paid out to us")]
"""Offered once there is a provider."""


async def shown_entry(
    work: Work, entry_id: BankEntryId, *, status: int = 200, errors: Any = ()
) -> Response[str]:
    """The page of one entry. Raises BankEntryNotFound."""
    entry = await queries.entry(work, entry_id)
    providers = [
        (str(one.id), f"{one.provider.title()}, {one.currency}")
        for one in await queries.provider_accounts(work)
        if one.currency == entry.currency
    ]
    candidates = await queries.takes_back_candidates(work, entry_id)
    return page(
        work, "treasury/entry.html", status=status, errors=list(errors), section="/treasury",
        amount=amount, explanations=[*EXPLANATIONS, *PROVIDER[: len(providers)]],
        providers=providers, clients=await queries.clients(work),
        entry=entry,
        suggestions=await queries.suggestions(work, entry_id),
        split=await queries.suggested_split(work, entry_id),
        costs=await queries.cost_suggestions(work, entry_id),
        takes_back=candidates, several=await queries.payments_of(work, candidates),
        undos=await queries.undos(work, entry_id),
        inside=await queries.payments_inside(work, entry_id),
        objections=await queries.allocation_objections(work, entry_id),
    )  # fmt: skip


def entry_again(work: Work, entry_id: BankEntryId) -> Show:
    """The entry, for a form on it that was refused."""

    async def again(**shown: Any) -> Response[str]:
        return await shown_entry(work, entry_id, **shown)

    return again
