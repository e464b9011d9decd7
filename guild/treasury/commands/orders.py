"""Orders to pay somebody who is no member: a client's money back, a supplier's invoice.

They go the same way as payouts: bands of approvals, one payment file, settled by the statement.
Facts of other packages ask for them; nothing is paid because a fact came twice.
"""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, MemberId, OrganisationId, PayoutId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.ledger.chart import Account
from guild.ledger.commands import lock_account
from guild.treasury.commands.payouts import LIVE, announce, paying_account
from guild.treasury.errors import BankEntryNotFound, NotAvailable
from guild.treasury.models import (
    PAYOUT,
    SEALED_PAYEE,
    SEALED_PAYER,
    BankEntry,
    Payout,
)
from guild.treasury.rules.approvals import MATCHED, needed
from guild.treasury.rules.numbers import checked_iban, is_structured, plain_reference

NAME_MAX: Final = 70


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Who is paid and how she knows it is hers: name, account, and the reference she asks for."""

    name: str
    iban: str
    reference: str = ""
    text: str = ""


async def order_refund(
    work: Work,
    *,
    organisation_id: OrganisationId,
    refund_id: UUID,
    amount: Money,
    entry_id: BankEntryId,
    requested_by: MemberId,
    concerns: MemberId,
    text: str,
) -> PayoutId:
    """Order a client's credit back to the account that the money came from, once per refund.

    The number is the one that the bank reported with the entry; no other is ever asked for.
    Raises BankEntryNotFound, Invalid when the bank gave no number, NotAvailable when the client's
    credit or the entry is smaller.
    """
    former = await _ordered(work, "refund", refund_id)
    if former is not None:
        return former
    entry = await work.session.get(BankEntry, entry_id)
    if entry is None:
        raise BankEntryNotFound
    if entry.iban_sealed is None:
        raise Invalid(
            "The bank did not say from which account this money came.",
            mend="Ask the client, and send the money back by hand at the bank.",
        )
    if entry.currency != amount.currency or amount.minor > entry.amount_minor:
        raise NotAvailable(f"Only {Money(entry.amount_minor, entry.currency)} came with it.")
    credit = await lock_account(work, Account("client_credit", organisation_id), amount.currency)
    waiting = await work.session.scalar(
        select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(
            Payout.organisation_id == organisation_id,
            Payout.purpose == "refund",
            Payout.currency == amount.currency,
            Payout.state == "requested",
        )
    )
    if credit.minor - int(waiting or 0) < amount.minor:
        raise NotAvailable(f"{credit} is kept for this client; {amount} is asked for.")
    iban = work.keyring.open(entry.iban_sealed, context=SEALED_PAYER.context(entry.id)).decode()
    payee = Payee(name=entry.counterparty or "Client", iban=iban, text=text)
    return await _order(
        work,
        "refund",
        refund_id,
        amount,
        payee,
        requested_by=requested_by,
        concerns=concerns,
        organisation_id=organisation_id,
        source_entry_id=entry_id,
    )


async def order_supplier_payment(
    work: Work,
    *,
    supplier_id: UUID,
    supplier_invoice_id: UUID,
    amount: Money,
    payee: Payee,
    requested_by: MemberId,
    concerns: MemberId,
    pay_on: date | None = None,
) -> PayoutId:
    """Order the payment of a supplier's invoice, once, to leave on its due day.

    The account number is the one on the invoice. Raises IbanRefused and Invalid.
    """
    former = await _ordered(work, "supplier", supplier_invoice_id)
    if former is not None:
        return former
    return await _order(
        work,
        "supplier",
        supplier_invoice_id,
        amount,
        payee,
        requested_by=requested_by,
        concerns=concerns,
        supplier_id=supplier_id,
        pay_on=pay_on,
    )


async def _ordered(work: Work, purpose: str, subject_id: UUID) -> PayoutId | None:
    return await work.session.scalar(
        select(Payout.id).where(
            Payout.purpose == purpose, Payout.subject_id == subject_id, Payout.state.in_(LIVE)
        )
    )


async def _order(
    work: Work,
    purpose: str,
    subject_id: UUID,
    amount: Money,
    payee: Payee,
    *,
    requested_by: MemberId,
    concerns: MemberId,
    organisation_id: OrganisationId | None = None,
    supplier_id: UUID | None = None,
    source_entry_id: BankEntryId | None = None,
    pay_on: date | None = None,
) -> PayoutId:
    charter = await charter_at(work)
    if amount.minor <= 0:
        raise Invalid("There is nothing to pay.", field="amount")
    paying = await paying_account(work, amount.currency)
    reference = plain_reference(payee.reference)
    if reference and not is_structured(reference):
        raise Invalid(
            f"{payee.reference!r} is no structured reference; its check digits do not hold.",
            mend="Copy it again from the invoice, or leave it out and write a text.",
            field="reference",
        )
    iban = checked_iban(payee.iban)
    lately = await _asked_lately(work, charter.payouts.band_window_days, organisation_id,
                                 supplier_id)  # fmt: skip
    wanted = needed(charter.payouts, amount.minor + lately, MATCHED)
    payout_id = PayoutId(new_id())
    payout = Payout(
        id=payout_id,
        member_id=None,
        organisation_id=organisation_id,
        supplier_id=supplier_id,
        purpose=purpose,
        concerns_id=concerns,
        subject_id=subject_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        account_id=paying.id,
        payee_account_id=None,
        payee_name=payee.name[:NAME_MAX],
        iban_sealed=work.keyring.seal(iban.encode(), context=SEALED_PAYEE.context(payout_id)),
        iban_last4=iban[-4:],
        source_entry_id=source_entry_id,
        reference=reference,
        remittance=payee.text[:140],
        pay_on=pay_on,
        state=PAYOUT.initial,
        requested_by=requested_by,
        requested_at=work.now,
        approvals_needed=wanted.approvals,
        roles_needed=wanted.roles,
        check_extra=0,
        charter_version=charter.version,
    )
    work.session.add(payout)
    await work.session.flush()
    await announce(work, payout)
    return payout_id


async def _asked_lately(
    work: Work, days: int, organisation_id: OrganisationId | None, supplier_id: UUID | None
) -> int:
    """What the same payee was asked for within the charter's window, in minor units."""
    since = work.now - timedelta(days=days)
    whom = (
        Payout.organisation_id == organisation_id
        if organisation_id is not None
        else Payout.supplier_id == supplier_id
    )
    total = await work.session.scalar(
        select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(
            whom, Payout.requested_at > since, Payout.state.in_(LIVE)
        )
    )
    return int(total or 0)
