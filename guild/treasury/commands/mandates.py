"""The register of direct debit mandates: entered from the signed paper, confirmed by another."""

from sqlalchemy import select

from guild.core.errors import Forbidden, Invalid
from guild.core.ids import MandateId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.models import Organisation
from guild.treasury.errors import MandateNotFound, MandateTaken
from guild.treasury.events import MandateCancelled, MandateConfirmed, MandateEntered
from guild.treasury.models import (
    DIRECT_DEBIT,
    SEALED_MANDATE,
    SEPA_MANDATE,
    DirectDebit,
    SepaMandate,
)
from guild.treasury.queries.collections import mandate_out
from guild.treasury.rules.iso20022 import check_ids
from guild.treasury.rules.numbers import checked_iban
from guild.treasury.schemas import MandateIn, MandateOut, RejectIn


async def enter_mandate(work: Work, data: MandateIn) -> MandateOut:
    """Enter a mandate that a client signed; nothing is collected before a second person agrees.

    Raises MandateTaken for a client with a live one, or a reference used before, IbanRefused and
    Invalid.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    client = await work.session.get(Organisation, data.organisation_id)
    if client is None:
        raise Invalid("There is no such client.", field="organisation_id")
    if data.signed_on > work.today:
        raise Invalid("A mandate is signed before it is entered.", field="signed_on")
    check_ids([data.reference])
    if data.scheme == "B2B" and client.kind == "person":
        raise Invalid("The B2B scheme is for businesses; use CORE.", field="scheme")
    taken = select(SepaMandate.id).where(
        (SepaMandate.reference == data.reference)
        | (
            (SepaMandate.organisation_id == data.organisation_id)
            & SepaMandate.state.in_(["entered", "active"])
        )
    )
    if await work.session.scalar(taken.limit(1)) is not None:
        raise MandateTaken(
            "This client has a mandate, or the reference was used before.",
            mend="Cancel the other one first, and give this one a reference of its own.",
        )
    iban = checked_iban(data.iban)
    mandate_id = MandateId(new_id())
    mandate = SepaMandate(
        id=mandate_id,
        organisation_id=data.organisation_id,
        reference=data.reference,
        scheme=data.scheme,
        signed_on=data.signed_on,
        holder=data.holder,
        iban_sealed=work.keyring.seal(iban.encode(), context=SEALED_MANDATE.context(mandate_id)),
        iban_last4=iban[-4:],
        state=SEPA_MANDATE.initial,
        collected=0,
        entered_by=work.actor.member_id,
        entered_at=work.now,
        reason="",
    )
    work.session.add(mandate)
    await work.session.flush()
    await work.emit(MandateEntered(mandate_id=mandate_id))
    return mandate_out(mandate, client.name)


async def confirm_mandate(work: Work, mandate_id: MandateId) -> MandateOut:
    """A second person has seen the signed paper: the mandate may be used."""
    work.require(Permission.PAYOUTS_PREPARE)
    mandate, name = await locked_mandate(work, mandate_id)
    if work.actor.is_member(mandate.entered_by):
        raise Forbidden("You entered it; another person confirms that the paper says the same.")
    SEPA_MANDATE.move(mandate, "confirm")
    mandate.confirmed_by, mandate.confirmed_at = work.actor.member_id, work.now
    await work.emit(MandateConfirmed(mandate_id=mandate_id))
    return mandate_out(mandate, name)


async def cancel_mandate(work: Work, mandate_id: MandateId, data: RejectIn) -> MandateOut:
    """Collect nothing more under it; what was announced and is in no file yet is stopped."""
    work.require(Permission.PAYOUTS_PREPARE)
    mandate, name = await locked_mandate(work, mandate_id)
    SEPA_MANDATE.move(mandate, "cancel")
    mandate.cancelled_at, mandate.reason = work.now, data.reason
    rows = await work.session.scalars(
        select(DirectDebit)
        .where(DirectDebit.mandate_id == mandate_id, DirectDebit.state == DIRECT_DEBIT.initial)
        .with_for_update()
    )
    for one in rows:
        DIRECT_DEBIT.move(one, "stop")
        one.reason = "The mandate was cancelled."
    await work.emit(MandateCancelled(mandate_id=mandate_id, reason=data.reason))
    return mandate_out(mandate, name)


async def locked_mandate(work: Work, mandate_id: MandateId) -> tuple[SepaMandate, str]:
    """A mandate, held until the Work ends, with its client's name. Raises MandateNotFound."""
    row = (
        await work.session.execute(
            select(SepaMandate, Organisation.name)
            .join(Organisation, Organisation.id == SepaMandate.organisation_id)
            .where(SepaMandate.id == mandate_id)
            .with_for_update(of=SepaMandate)
        )
    ).one_or_none()
    if row is None:
        raise MandateNotFound
    mandate, name = row
    return mandate, name
