"""How the fund stands at this moment: cash, advances, exposures, and locks that hold it still."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from guild.core.ids import ContractId, InvoiceId, MemberId
from guild.core.work import Work
from guild.governance.rules import Charter
from guild.ledger import queries as ledger
from guild.ledger.chart import POTS, Account
from guild.mutual_fund.models import Advance, GuaranteeReservation, LeviedInvoice
from guild.mutual_fund.rules.guarantee import GuaranteeLimits, Standing

YEAR = timedelta(days=365)


def limits_of(charter: Charter) -> GuaranteeLimits:
    """The guarantee's chapter of the charter, as its rules take it."""
    chapter = charter.guarantee
    return GuaranteeLimits(
        business_days=chapter.business_days,
        zone=chapter.zone,
        currency=chapter.currency,
        member_cap_minor=chapter.member_cap_minor,
        client_cap_minor=chapter.client_cap_minor,
        invoice_cap_minor=chapter.invoice_cap_minor,
        reserve_floor_bps=chapter.reserve_floor_bps,
    )


async def lock(work: Work, *names: str) -> None:
    """Hold named locks of the fund until the transaction ends, always in the same order."""
    for name in sorted(names):
        await work.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"mutual_fund {name}"},
        )


async def advances_out(work: Work, contract_id: ContractId | None = None) -> int:
    """What was advanced and not repaid yet, by the whole fund or on one contract (minor units)."""
    query = select(func.sum(LeviedInvoice.advanced_minor - LeviedInvoice.repaid_minor)).where(
        LeviedInvoice.advanced_minor > LeviedInvoice.repaid_minor
    )
    if contract_id is not None:
        query = query.where(LeviedInvoice.contract_id == contract_id)
    return int(await work.session.scalar(query) or 0)


async def advances_as_co_worker(work: Work, member_id: MemberId) -> int:
    """What is out to a member on invoices of others' contracts that she shares (minor units)."""
    own = select(GuaranteeReservation.contract_id).where(
        GuaranteeReservation.member_id == member_id
    )
    out = await work.session.scalar(
        select(func.sum(LeviedInvoice.advanced_minor - LeviedInvoice.repaid_minor)).where(
            LeviedInvoice.member_id == member_id, LeviedInvoice.contract_id.not_in(own)
        )
    )
    return int(out or 0)


async def standing_now(work: Work, currency: str, *, client: int = 0, member: int = 0) -> Standing:
    """Cash and the advances of twelve months, with exposures if they are given."""
    pots = await ledger.balances_of(work, [Account(pot) for pot in POTS], currency)
    advanced = await work.session.scalar(
        select(func.sum(Advance.amount_minor)).where(Advance.paid_on > work.today - YEAR)
    )
    out = await advances_out(work)
    return Standing(sum(pot.minor for pot in pots) - out, int(advanced or 0), client, member)


async def standing_for(
    work: Work, member_id: MemberId, key: str, currency: str, besides: ContractId | None = None
) -> Standing:
    """How the fund stands for one member and client, leaving one contract out of the count."""
    client = await _exposure(work, GuaranteeReservation.client_key == key, besides)
    member = await _exposure(work, GuaranteeReservation.member_id == member_id, besides)
    return await standing_now(work, currency, client=client, member=member)


async def _exposure(work: Work, whose: ColumnElement[bool], besides: ContractId | None) -> int:
    """What open guarantees can still cost: promised less what clients have paid or were credited.

    A milestone is invoiced once, so that what a credit note took back is never advanced.
    """
    done = LeviedInvoice.released_net_minor + LeviedInvoice.credited_net_minor
    paid = (
        select(func.coalesce(func.sum(done), 0))
        .where(LeviedInvoice.contract_id == GuaranteeReservation.contract_id)
        .scalar_subquery()
    )
    query = select(func.sum(func.greatest(GuaranteeReservation.up_to_minor - paid, 0))).where(
        whose,
        or_(
            GuaranteeReservation.state == "reserved",
            and_(GuaranteeReservation.state == "held", GuaranteeReservation.held_until > work.now),
        ),
    )
    if besides is not None:
        query = query.where(GuaranteeReservation.contract_id != besides)
    exposure: Any = await work.session.scalar(query)
    return int(exposure or 0)


async def due_advances(work: Work, limit: int = 500) -> list[InvoiceId]:
    """Guaranteed invoices whose day has come and that nobody has paid, or of which more may be
    due to a member than was advanced; oldest first, each once.
    """
    rows = await work.session.scalars(
        select(LeviedInvoice.invoice_id)
        .where(
            LeviedInvoice.guaranteed,
            or_(LeviedInvoice.advanced_minor == 0, LeviedInvoice.top_up),
            ~LeviedInvoice.settled,
            LeviedInvoice.held_reason.is_(None),
            LeviedInvoice.advance_on <= work.today,
        )
        .order_by(LeviedInvoice.advance_on, LeviedInvoice.invoice_id)
        .limit(limit)
    )
    return list(dict.fromkeys(rows))
