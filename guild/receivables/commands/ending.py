"""Ends that come by themselves: a new delivery that was accepted, a mediation that is overdue."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import exists, select

from guild.core.ids import ContractId, MilestoneId
from guild.core.pages import long_date
from guild.core.permissions import Role
from guild.core.work import Work
from guild.invoicing.models import Invoice, InvoiceLine
from guild.members.models import Member, MemberRole
from guild.receivables.commands.letters import lang_of, mail_client, tell_member, words_of
from guild.receivables.commands.objections import end_objection, locked_objection, tell_members
from guild.receivables.models import Objection
from guild.receivables.queries.standing import standing

BATCH: Final = 200


async def end_by_delivery(work: Work, contract_id: ContractId, milestone_id: MilestoneId) -> None:
    """The client accepted a delivery: an objection that waited for it is settled.

    It counts when the milestone is one of the invoice, or was added to the contract after the
    client objected; other work of the contract going on settles nothing.
    """
    rows = await work.session.execute(
        select(
            Objection.id, Objection.opened_at,
            exists().where(
                InvoiceLine.invoice_id == Objection.invoice_id,
                InvoiceLine.milestone_id == milestone_id,
            ),
        )
        .join(Invoice, Invoice.id == Objection.invoice_id)
        .where(Invoice.contract_id == contract_id, Objection.state == "redelivery")
        .order_by(Objection.id)
    )  # fmt: skip
    added_at = datetime.fromtimestamp((milestone_id.int >> 80) / 1000, UTC)
    for objection_id, opened_at, invoiced in rows.all():
        if not invoiced and added_at < opened_at:
            continue
        row = await locked_objection(work, objection_id)
        if row.state != "redelivery":
            continue
        row.outcome_note = "The new delivery was accepted."
        await end_objection(work, row)
        one = await standing(work, row.invoice_id)
        words = words_of(lang_of(one))["redelivered"]
        await mail_client(work, one, words["subject"], [words["text"]])
        await tell_members(
            work, row, f"The objection to invoice {one.number} is settled",
            "The client accepted what you delivered anew, so nothing of the invoice is in dispute.",
        )  # fmt: skip


async def remind_mediators(work: Work) -> int:
    """Tell reps and secretaries once of each mediation whose day has passed; says how many.

    Skips rows that somebody holds at this moment; the next run looks again.
    """
    rows = await work.session.scalars(
        select(Objection)
        .where(
            Objection.state == "mediation",
            Objection.answer_by < work.today,
            Objection.overdue_told_at.is_(None),
        )
        .order_by(Objection.answer_by, Objection.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = list(rows)
    told = await _officers(work) if found else []
    for row in found:
        row.overdue_told_at = work.now
        one = await standing(work, row.invoice_id)
        for member_id, email in told:
            if member_id != row.member_id:
                tell_member(
                    work, email, f"Overdue: the objection to invoice {one.number}",
                    f"{one.client_name} and {one.member_name} wait since "
                    f"{long_date(row.answer_by)} for what a representative says. Decide it, or "
                    "send both to the ombuds office.",
                )  # fmt: skip
    await work.session.flush()
    return len(found)


async def _officers(work: Work) -> list[tuple[object, str]]:
    rows = await work.session.execute(
        select(Member.id, Member.email)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .where(
            MemberRole.role.in_([Role.REP.value, Role.SECRETARY.value]),
            MemberRole.ended_at.is_(None),
        )
        .distinct()
        .order_by(Member.email)
        .limit(40)
    )
    return [(member_id, email) for member_id, email in rows]
