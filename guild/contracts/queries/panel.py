"""The panel beside a draft: rate, floor, law, guarantee, and what reaches the member line by line.

Whether the fund would guarantee an order is known one layer up. `features.py` hands the function
that knows it to the System under `GUARANTEE`; without it the panel says nothing about guarantees.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from guild.contracts.models import Contract
from guild.contracts.queries.checks import checks_for
from guild.contracts.queries.facts import Drafted, drafted, floors_of, waiver_of
from guild.contracts.rules.deals import kind_of
from guild.contracts.rules.floors import Effective, effective, highest
from guild.contracts.schemas.panel import (
    FloorOut,
    GuaranteeOut,
    GuaranteeSaid,
    PanelLine,
    PanelOut,
)
from guild.core.ids import OrganisationId
from guild.core.money import Money, share_bps
from guild.core.pages import percent_text
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter

GUARANTEE: Final = "contracts.guarantee"
AskGuarantee = Callable[[Work, OrganisationId, Money], Awaitable[GuaranteeSaid]]


async def panel_of(work: Work, contract: Contract) -> PanelOut:
    """The panel of a saved draft."""
    return await panel_for(work, await drafted(work, contract))


async def panel_for(work: Work, draft: Drafted) -> PanelOut:
    """The panel of a draft that need not be saved."""
    charter = await charter_at(work)
    terms = draft.terms
    checks = await checks_for(work, draft)
    rate = effective(terms, draft.effort)
    lines, receives = _lines(draft, charter)
    return PanelOut(
        kind=kind_of(terms.deal),
        language=terms.language,
        currency=terms.currency,
        net=Money(terms.net_minor, terms.currency).text,
        hours=None if rate is None else f"{rate.hours_hundredths / 100:g}",
        effective_hourly=checks.effective_hourly,
        floor=await _floor(work, draft, charter, rate),
        guarantee=await _guarantee(work, draft),
        lines=lines,
        receives=receives,
        may_be_sent=checks.may_be_sent,
        findings=checks.findings,
        rules=checks.rules,
        charter_version=charter.version,
    )


async def _floor(
    work: Work, draft: Drafted, charter: Charter, rate: Effective | None
) -> FloorOut | None:
    floor = highest(draft.terms, work.today, floors_of(charter))
    if floor is None:
        return None
    waiver = await waiver_of(work, draft, rate.hourly_minor) if rate else None
    return FloorOut(
        hourly=Money(floor.hourly_minor, floor.currency).text,
        met=None if rate is None else rate.hourly_minor >= floor.hourly_minor,
        waived_until=waiver.expires_on.isoformat() if waiver and waiver.expires_on else None,
        article=floor.article,
        source=floor.source,
    )


async def _guarantee(work: Work, draft: Drafted) -> GuaranteeOut | None:
    ask: AskGuarantee | None = work.system.resources.get(GUARANTEE)
    if ask is None or not work.actor.is_member(draft.member_id):
        return None
    before = draft.amended.before.net_minor if draft.amended else 0
    more = draft.terms.net_minor - before
    if more <= 0:
        return None  # what was promised for the contract covers it
    said = await ask(work, draft.client_id, Money(more, draft.terms.currency))
    up_to = Money(said.up_to_minor, draft.terms.currency)
    sentence = (
        f"Guaranteed up to {up_to}, paid by working day {said.business_days} after the invoice."
        if said.guaranteed
        else f"Not guaranteed: {' '.join(said.reasons)}"
    )
    return GuaranteeOut(
        guaranteed=said.guaranteed,
        up_to=up_to.text,
        business_days=said.business_days,
        sentence=sentence,
        reasons=list(said.reasons),
    )


def _lines(draft: Drafted, charter: Charter) -> tuple[list[PanelLine], str]:
    """Price, contribution, unpaid costs, and the rest; VAT is said, for it is no money of hers."""
    terms = draft.terms
    levy = share_bps(terms.net_minor, charter.levy.rate_bps)
    costs = draft.effort.costs_minor

    def amount(minor: int) -> str:
        return Money(minor, terms.currency).text

    lines = [
        PanelLine(text="Price before VAT", amount=amount(terms.net_minor), note=""),
        PanelLine(
            text="VAT",
            amount=None,
            note="Added on the invoice where the law asks for it, and paid to the tax office.",
        ),
        PanelLine(
            text="Contribution to the mutual fund",
            amount=amount(-levy),
            note=f"{percent_text(charter.levy.rate_bps)}, by version {charter.version} of the "
            "charter",
        ),
    ]
    if costs:
        lines.append(PanelLine(text="Costs nobody pays back", amount=amount(-costs), note=""))
    receives = amount(terms.net_minor - levy - costs)
    lines.append(
        PanelLine(text="What is left for you", amount=receives, note="before your own taxes")
    )
    return lines, receives
