"""What waits for a member on her start page, over all features: the soonest day first.

A line names what it is, who acts, and the page on which it is done. Offices that decide together
see what the others have not decided yet.
"""

from collections.abc import Awaitable, Callable, Sized
from datetime import date

import msgspec

from guild.compliance.queries import inbox
from guild.contracts import queries as contracts
from guild.core.outbox import dead_letters
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.exchange.queries import costs
from guild.members import queries as members
from guild.mutual_fund.queries import claims_with_papers, jury_list
from guild.receivables import queries as receivables
from guild.reputation import queries as reputation
from guild.treasury import queries as treasury

SHOWN = 50
NAMED = 3
"""So many suppliers' invoices are named one by one; more are counted."""

P = Permission


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a title, a sentence, where it is done and the word on the button."""

    title: str
    text: str
    href: str
    button: str
    by: date | None = None


async def waiting(work: Work) -> list[Task]:
    """All that the acting member is asked to do, what has a day first."""
    found: list[Task] = []
    for permission, ask in ASKED:
        if permission is None or work.actor.may(permission):
            found += await ask(work)
    return sorted(found, key=lambda one: (one.by is None, one.by or date.max))


async def _juries(work: Work) -> list[Task]:
    text = "You were drawn as a juror. You may decline without a reason."
    return [
        Task(
            title="Decide about a claim", text=text, href=f"/jury/{one.claim.id}",
            button="Read", by=one.due_at.date(),
        )
        for one in (await jury_list(work)).cases
    ]  # fmt: skip


async def _objections(work: Work) -> list[Task]:
    found = []
    for one in await receivables.waiting_objections(work):
        mediated = one.state == "mediation"
        if mediated:
            text = "Waits for a representative"
        else:
            text = "Waits for your answer" if one.own else "Waits for the member’s answer, or yours"
        found.append(
            Task(
                title=f"{one.client_name} objects to invoice {one.invoice_number}",
                text=text,
                href="/objections" if mediated else f"/receivables/invoices/{one.invoice_id}",
                button="Read" if mediated else "Answer",
                by=one.answer_by,
            )
        )
    return found


async def _reviews(work: Work) -> list[Task]:
    return [
        Task(
            title=f"{one.client_name}, {one.title}",
            text=("With you" if one.with_you else "Nobody has taken it")
            + (", late" if one.late else ""),
            href=f"/reviews/{one.id}", button="Review", by=one.due_on,
        )
        for one in await inbox(work)
        if not one.tie and (one.with_you or one.state == "opened")
    ]  # fmt: skip


async def _rulings(work: Work) -> list[Task]:
    """Disputed entries of somebody's reputation."""
    rows = await reputation.open_disputes(work)
    return _counted(
        rows, "disputed entry waits", "disputed entries wait", "for a ruling",
        "/reputation/disputes", "Rule", by=min((one.due_at.date() for one in rows), default=None),
    )  # fmt: skip


async def _contract_cases(work: Work) -> list[Task]:
    """Disputes about contracts: the member's own to answer, and for a rep those to decide."""
    found = await contracts.cases(work, None)
    own = await contracts.own_case_ids(work)
    tasks = [
        Task(
            title=f"Your client disputes contract {one.number}",
            text="Waits for your answer; without one a representative decides",
            href=f"/contract-cases?contract_id={one.contract_id}", button="Answer",
            by=one.answer_by.date(),
        )
        for one in found
        if one.id in own and one.state == "open" and one.opened_by == "client"
    ]  # fmt: skip
    if not work.actor.may(P.REVIEWS_CONDUCT):
        return tasks
    ripe = [
        one for one in found
        if one.id not in own
        and (one.state == "answered" or (one.state == "open" and one.answer_by <= work.now))
    ]  # fmt: skip
    close = await contracts.too_close(work, [one.contract_id for one in ripe])
    left = [one for one in ripe if one.contract_id not in close]
    return tasks + _counted(
        left, "dispute waits", "disputes wait", "for a decision", "/contract-cases", "Decide",
        by=min((one.decide_by.date() for one in left), default=None),
    )  # fmt: skip


async def _papers(work: Work) -> list[Task]:
    """Claims with health data that a rep reads alone."""
    found = (await claims_with_papers(work)).claims
    return _counted(
        found, "claim has papers", "claims have papers", "for a rep to read", "/jury#papers", "Read"
    )


async def _questions(work: Work) -> list[Task]:
    """Drafts that members ask reps about."""
    asked = await contracts.rep_tasks(work, state="requested", cursor=None, limit=SHOWN)
    return [
        Task(
            title=f"{one.member_name} asks about {one.contract_title}",
            text="Before the offer is sent", href="/rep-tasks", button="Answer", by=one.due_on,
        )
        for one in asked.items
        if not work.actor.is_member(one.member_id)
    ]  # fmt: skip


async def _deliveries(work: Work) -> list[Task]:
    """What the member delivers within a week, and versions that her clients ask for."""
    return [
        Task(
            title=one.title, text=one.text, href=one.path,
            button="Write" if one.kind == "version" else "Deliver", by=one.day,
        )
        for one in await contracts.next_steps(work)
    ]  # fmt: skip


async def _costs(work: Work) -> list[Task]:
    """Suppliers' invoices that nobody has accepted or refused."""
    rows = (await costs(work, state="received", limit=SHOWN)).items
    if len(rows) > NAMED:
        return _counted(
            rows, "supplier’s invoice waits", "suppliers’ invoices wait", "for a decision",
            "/costs?state=received", "Look",
        )  # fmt: skip
    return [
        Task(
            title=f"Invoice {one.number} of {one.supplier}", text=one.next_step,
            href=f"/costs/{one.id}", button="Decide", by=one.due_on,
        )
        for one in rows
    ]  # fmt: skip


async def _orders(work: Work) -> list[Task]:
    """Payouts that the actor may approve and has not."""
    rows = (await treasury.payouts(work, state="requested", limit=SHOWN)).items
    done = await treasury.approved_by_me(work, [one.id for one in rows])
    mine = work.actor.member_id
    left = [
        one for one in rows
        if one.id not in done and mine not in (one.member_id, one.requested_by)
    ]  # fmt: skip
    return _counted(left, "order waits", "orders wait", "for your approval", "/approvals", "Look")


async def _entries(work: Work) -> list[Task]:
    rows = (await treasury.entries(work, state="open", limit=SHOWN)).items
    return _counted(
        rows, "bank entry waits", "bank entries wait", "to be explained", "/treasury#entries",
        "Explain",
    )  # fmt: skip


async def _given_up(work: Work) -> list[Task]:
    """Write-offs and refunds that others than the actor asked for."""
    mine = work.actor.member_id
    offs = (await receivables.write_offs(work, waiting=True, limit=SHOWN)).items
    back = (await receivables.refunds(work, waiting=True, limit=SHOWN)).items
    left = [
        *(one for one in offs if mine not in (one.member_id, one.asked_by)),
        *(one for one in back if mine != one.proposed_by),
    ]
    return _counted(
        left, "sum is", "sums are", "to be given up or given back, by a second person",
        "/receivables#second", "Decide",
    )  # fmt: skip


async def _office(work: Work) -> list[Task]:
    desk = await members.office_desk(work)
    return _counted(
        range(desk.count), "decision waits", "decisions wait", "in the office", "/office", "Decide"
    )


async def _dead_jobs(work: Work) -> list[Task]:
    return _counted(
        await dead_letters(work), "job has", "jobs have", "failed for good", "/operations", "Look"
    )


def _counted(
    rows: Sized, one: str, many: str, what: str, href: str, button: str, *, by: date | None = None
) -> list[Task]:
    """One line for several things of a kind; none for none."""
    count = len(rows)
    if not count:
        return []
    number = f"{count} or more" if count == SHOWN else str(count)
    title = f"{number} {one if count == 1 else many} {what}"
    return [Task(title=title, text="", href=href, button=button, by=by)]


ASKED: tuple[tuple[P | None, Callable[[Work], Awaitable[list[Task]]]], ...] = (
    (P.CLAIMS_JUDGE, _juries),
    (None, _objections),
    (P.REVIEWS_CONDUCT, _reviews),
    (P.REVIEWS_CONDUCT, _questions),
    (P.REVIEWS_CONDUCT, _papers),
    (P.REPUTATION_RULE, _rulings),
    (P.CONTRACTS_READ, _contract_cases),
    (P.CONTRACTS_DRAFT, _deliveries),
    (P.COSTS_ACCEPT, _costs),
    (P.PAYOUTS_APPROVE, _orders),
    (P.MATCHES_CONFIRM, _entries),
    (P.RECEIVABLES_MANAGE, _given_up),
    (P.MEMBERS_APPROVE_ACCOUNT, _office),
    (P.OPERATE, _dead_jobs),
)
"""Who is asked about what."""
