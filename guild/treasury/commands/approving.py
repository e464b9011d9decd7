"""Approving and refusing orders to pay: by others, as many and of such offices as the band says."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, text

from guild.core.errors import Invalid
from guild.core.ids import AccountId, PayoutId
from guild.core.money import Money
from guild.core.permissions import Permission, Role
from guild.core.work import Work
from guild.exchange.models import Supplier
from guild.ledger.chart import Line, credit
from guild.ledger.commands import draw, post, reverse
from guild.members.models import BankAccount
from guild.members.queries.firms import bears_number_of, owns_client
from guild.treasury.commands.payouts import locked_payout
from guild.treasury.errors import AlreadyApproved, OfficeMissing, OwnPayout, PayeeChanged
from guild.treasury.events import PayoutApprovalGiven, PayoutApproved, PayoutRejected
from guild.treasury.models import PAYOUT, Payout, PayoutApproval
from guild.treasury.queries.payouts import payout_view
from guild.treasury.rules.approvals import Needed, complete, counts_for, missing
from guild.treasury.schemas import PayoutOut, RejectIn

OFFICES = frozenset({Role.TREASURER, Role.SECRETARY})
"""Offices whose approval counts."""


async def approve_payout(work: Work, payout_id: PayoutId) -> PayoutOut:
    """Approve as one of the persons the charter asks for; the last one sets the money aside.

    Raises OwnPayout for payee (her firm, too) and requester, AlreadyApproved for the same person
    again, OfficeMissing when only another office's word is still wanted, PayeeChanged when the
    account was replaced, BelowZero when the money is gone.
    """
    work.require(Permission.PAYOUTS_APPROVE)
    payout = await locked_payout(work, payout_id)
    approver = work.actor.member_id
    if approver in (payout.member_id, payout.requested_by, payout.concerns_id):
        raise OwnPayout(
            "You asked for this payout, or it is paid to you or for you; others approve it.",
        )
    await _refuse_own_firm(work, payout)
    if not PAYOUT.may(payout.state, "approve"):
        PAYOUT.move(payout, "approve")  # raises, and says what is possible instead
    given = await approvals_of(work, [payout.id])
    offices = given.get(payout.id, {})
    if approver in offices:
        raise AlreadyApproved
    wanted = needed_by(payout)
    role = counts_for(wanted, [*offices.values()], [*work.actor.roles & OFFICES])
    if role is None:
        short = missing(wanted.roles, [*offices.values()])
        raise OfficeMissing(
            "The approvals that are still missing must come from: "
            + ", ".join(f"{number} {office}" for office, number in short.items())
            + ".",
            mend="Somebody who holds that office approves it.",
        )
    await require_unchanged(work, [payout])
    work.session.add(
        PayoutApproval(payout_id=payout.id, approver_id=approver, approved_at=work.now, role=role)
    )
    # The guard counts the approvals when the payout moves, so this row goes first.
    await work.session.flush()
    await work.emit(PayoutApprovalGiven(payout_id=payout.id, approver_id=approver))
    if complete(wanted, [*offices.values(), role]):
        await _set_aside(work, payout)
    return await payout_view(work, payout)


async def _refuse_own_firm(work: Work, payout: Payout) -> None:
    """Nobody decides what is paid to her own firm, whatever number it bears today."""
    me = work.actor.member_id
    hers = payout.organisation_id and await owns_client(work, me, payout.organisation_id)
    if payout.supplier_id is not None:
        named = bears_number_of(me, Supplier.vat_number, Supplier.legal_id)
        hers = await work.session.scalar(
            select(Supplier.id).where(Supplier.id == payout.supplier_id, named)
        )
    if hers:
        raise OwnPayout("It is paid to your own firm; others decide about it.")


def needed_by(payout: Payout) -> Needed:
    """What the payout's own band asked for when it was requested."""
    return Needed(approvals=payout.approvals_needed, roles=payout.roles_needed)


async def approvals_of(work: Work, payouts: Iterable[PayoutId]) -> dict[PayoutId, dict[UUID, str]]:
    """Payout → approver → the office that the approval counts for."""
    found: dict[PayoutId, dict[UUID, str]] = {}
    for payout_id, approver, role in await work.session.execute(
        select(PayoutApproval.payout_id, PayoutApproval.approver_id, PayoutApproval.role).where(
            PayoutApproval.payout_id.in_([*payouts])
        )
    ):
        found.setdefault(payout_id, {})[approver] = role
    return found


async def _set_aside(work: Work, payout: Payout) -> None:
    """From what the payee can be paid to what is on its way."""
    await draw(work, payout.source, Money(payout.amount_minor, payout.currency))
    await post_set_aside(work, payout)


async def post_set_aside(work: Work, payout: Payout) -> None:
    """The posting and the move of an order whose money was found under a lock."""
    amount = Money(payout.amount_minor, payout.currency)
    payout.ledger_entry_id = await post(
        work,
        kind="payout_approved",
        text=f"Payout {payout.number}",
        lines=[
            Line(payout.source, amount),
            credit("payout_in_transit", amount, payout.account_id),
        ],
        subject=payout.id,
    )
    PAYOUT.move(payout, "approve")
    payout.approved_at = work.now
    await work.emit(
        PayoutApproved(
            payout_id=payout.id,
            member_id=payout.member_id,
            purpose=payout.purpose,
            for_id=payout.subject_id,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
        )
    )


async def lock_accounts(work: Work, accounts: Iterable[AccountId]) -> None:
    """Hold the accounts that many orders draw from, in the order in which all lock them."""
    await work.write()
    await work.session.execute(
        text(
            "SELECT pg_advisory_xact_lock(hashtextextended(a::text, 0))"
            "  FROM (SELECT unnest(CAST(:ids AS uuid[])) AS a ORDER BY 1) AS s"
        ),
        {"ids": sorted(set(accounts))},
    )


async def require_unchanged(work: Work, payouts: Sequence[Payout]) -> None:
    """The account that was asked for is still the member's approved one. Raises PayeeChanged.

    Clients and suppliers have no account with us that could change: theirs is in the order.
    """
    changed = await changed_payees(work, payouts)
    if changed:
        raise PayeeChanged(
            "The payee's account is no longer the approved one: "
            f"{', '.join(payout.number for payout in changed)}.",
            mend="Refuse these payouts and ask for them again.",
        )


async def changed_payees(work: Work, payouts: Sequence[Payout]) -> list[Payout]:
    """The payouts to members whose account was replaced since; the others are held unchanged."""
    wanted = [payout.payee_account_id for payout in payouts if payout.payee_account_id]
    usable = set(
        await work.session.scalars(
            select(BankAccount.id)
            .where(
                BankAccount.id.in_(wanted),
                BankAccount.state == "approved",
                BankAccount.usable_from <= work.now,
            )
            .with_for_update(read=True)
        )
    )
    return [
        payout
        for payout in payouts
        if payout.payee_account_id is not None and payout.payee_account_id not in usable
    ]


async def reject_payout(work: Work, payout_id: PayoutId, data: RejectIn) -> PayoutOut:
    """Refuse a payout; what was set aside goes back where it was. Not once it is in a file."""
    work.require(Permission.PAYOUTS_APPROVE)
    payout = await locked_payout(work, payout_id)
    if work.actor.member_id in (payout.member_id, payout.concerns_id):
        raise OwnPayout("Nobody decides about her own payout.")
    await _refuse_own_firm(work, payout)
    if payout.batch_id is not None:
        raise Invalid(
            f"Payout {payout.number} is in a payment file; only the bank can stop it now.",
        )
    PAYOUT.move(payout, "reject")
    payout.refused_by, payout.reason = work.actor.member_id, data.reason
    if payout.ledger_entry_id is not None:
        await reverse(work, payout.ledger_entry_id, f"Payout {payout.number} refused")
    await work.emit(
        PayoutRejected(
            payout_id=payout.id,
            member_id=payout.member_id,
            purpose=payout.purpose,
            for_id=payout.subject_id,
        )
    )
    return await payout_view(work, payout)
