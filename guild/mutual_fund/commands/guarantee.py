"""Answering, holding, reserving and releasing guarantees."""

from datetime import timedelta

from sqlalchemy import update

from guild.contracts import commands as contracts
from guild.contracts.events import ContractAmended, ContractOffered, ContractSigned
from guild.core.ids import ContractId
from guild.core.money import Money
from guild.core.wire import money_in
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.errors import OrganisationNotFound
from guild.members.models import Organisation
from guild.members.rules.clients import client_key
from guild.mutual_fund import queries
from guild.mutual_fund.events import GuaranteeQuoted
from guild.mutual_fund.models import (
    RESERVATION,
    GuaranteeBar,
    GuaranteeReservation,
    LeviedInvoice,
)
from guild.mutual_fund.rules import guarantee
from guild.mutual_fund.schemas import QuoteIn, QuoteOut


async def give_quote(work: Work, data: QuoteIn) -> QuoteOut:
    """Answer whether an order would be guaranteed, before it is offered. Reserves nothing."""
    member_id = work.actor.member_id
    client = await work.session.get(Organisation, data.client_id)
    if client is None or client.created_by != member_id:
        raise OrganisationNotFound
    charter = await charter_at(work)
    limits = queries.limits_of(charter)
    value = money_in(data.amount, data.currency, field="amount")
    standing = await queries.standing_for(work, member_id, client_key(client), value.currency)
    answer = guarantee.quote(
        value, client.country, standing, limits, barred=await _barred(work, client)
    )
    start = data.completed_on or work.today
    pays_by = guarantee.pays_by(start, limits, work.settings.coop.country)
    return QuoteOut(
        guaranteed=answer.guaranteed,
        up_to=Money(answer.up_to_minor, value.currency).text,
        currency=value.currency,
        pays_by=pays_by if answer.guaranteed else None,
        reasons=list(answer.reasons),
        charter_version=charter.version,
    )


async def quote_offer(work: Work, fact: ContractOffered) -> None:
    """Answer an offer for good and hold room for it under the limits while it is open.

    Offers for one client or by one member wait for each other here, so that together they never
    exceed a limit.
    """
    client = await work.session.get_one(Organisation, fact.client_id)
    key = client_key(client)
    await queries.lock(work, f"client {key}", f"member {fact.member_id}")
    charter = await charter_at(work)
    standing = await queries.standing_for(
        work, fact.member_id, key, fact.currency, besides=fact.contract_id
    )
    value = Money(fact.value_minor, fact.currency)
    answer = guarantee.quote(
        value, client.country, standing, queries.limits_of(charter),
        barred=await _barred(work, client),
    )  # fmt: skip
    row = await work.session.get(GuaranteeReservation, fact.contract_id, with_for_update=True)
    if row is None:
        row = GuaranteeReservation(contract_id=fact.contract_id, state=RESERVATION.initial)
        work.session.add(row)
    else:
        RESERVATION.move(row, "renew")
    row.member_id, row.client_id, row.client_key = fact.member_id, fact.client_id, key
    row.up_to_minor, row.currency = answer.up_to_minor, fact.currency
    row.reasons, row.charter_version = list(answer.reasons), charter.version
    row.quoted_at = work.now
    row.held_until = work.now + timedelta(days=charter.contracts.offer_valid_days)
    if not answer.guaranteed:
        RESERVATION.move(row, "refuse")
    await contracts.set_guarantee(
        work, fact.contract_id, guaranteed=answer.guaranteed, reasons=list(answer.reasons)
    )
    await work.emit(
        GuaranteeQuoted(
            contract_id=fact.contract_id,
            member_id=fact.member_id,
            up_to_minor=answer.up_to_minor,
            currency=fact.currency,
            charter_version=charter.version,
        )
    )


async def _barred(work: Work, client: Organisation) -> str:
    """Why no guarantee is given for a client any more; empty for all others."""
    row = await work.session.get(GuaranteeBar, client_key(client))
    return row.reason if row else ""


async def reserve_guarantee(work: Work, fact: ContractSigned) -> None:
    """The client has confirmed the order: what was held for it is now promised."""
    row = await work.session.get(GuaranteeReservation, fact.contract_id, with_for_update=True)
    if row is not None and row.state == "held":
        RESERVATION.move(row, "reserve")


async def merge_guarantee(work: Work, fact: ContractAmended) -> None:
    """What was promised for an amendment belongs to its contract; never more than the new price."""
    added = await work.session.get(GuaranteeReservation, fact.amendment_id, with_for_update=True)
    row = await work.session.get(GuaranteeReservation, fact.contract_id, with_for_update=True)
    more = 0
    if added is not None and added.state in {"held", "reserved"}:
        more = added.up_to_minor
        RESERVATION.move(added, "release")
    if row is not None and row.state == "reserved":
        row.up_to_minor = min(row.up_to_minor + more, fact.value_minor)
        await work.session.execute(
            update(LeviedInvoice)
            .where(LeviedInvoice.contract_id == fact.contract_id, LeviedInvoice.advanced_minor > 0,
                   ~LeviedInvoice.settled)
            .values(top_up=True)
        )  # fmt: skip


async def release_guarantee(work: Work, contract_id: ContractId) -> None:
    """Free the room under the limits when an offer lapsed or a contract was ended.

    Nothing more is advanced on it.
    """
    row = await work.session.get(GuaranteeReservation, contract_id, with_for_update=True)
    if row is not None and row.state in {"held", "reserved"}:
        RESERVATION.move(row, "release")
