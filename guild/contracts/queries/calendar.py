"""A member's deadlines, from contracts and from what lies above them.

What invoices say is asked for by name: `features.py` gives the question under `PAYMENTS`.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, select

from guild.contracts.errors import CalendarNotFound
from guild.contracts.models import (
    CalendarFeed,
    Contract,
    ContractCase,
    ContractEnding,
    ContractOffer,
    Milestone,
    TimeSheet,
)
from guild.contracts.queries.expiry import ends_on
from guild.contracts.rules.calendar import calendar_file
from guild.contracts.schemas.calendar import CalendarFeedOut, DeadlineKind, DeadlineOut
from guild.core.ids import ContractId, MemberId
from guild.core.work import Work

PAYMENTS: Final = "contracts.payments_due"
AskPayments = Callable[[Work, MemberId, date], Awaitable[list[DeadlineOut]]]
"""A member's unpaid invoices that are due on or after a day, as deadlines."""
PAST: Final = timedelta(days=60)
"""How far back a calendar goes."""
EACH_MAX: Final = 500


async def my_deadlines(work: Work) -> list[DeadlineOut]:
    """The acting member's deadlines of the last two months and to come, soonest first."""
    return await deadlines_of(work, work.actor.member_id)


async def deadlines_of(work: Work, member_id: MemberId) -> list[DeadlineOut]:
    """One member's deadlines; whether the actor may ask is the caller's question."""
    since = work.today - PAST
    found: list[DeadlineOut] = []
    for source in (_deliveries, _offers, _sheets, _endings, _cases, _terms):
        found += [one async for one in source(work, member_id)]
    ask: AskPayments | None = work.system.resources.get(PAYMENTS)
    if ask is not None:
        found += await ask(work, member_id, since)
    return sorted((one for one in found if one.day >= since), key=lambda one: (one.day, one.title))


async def feed_view(work: Work) -> CalendarFeedOut:
    """Whether the acting member has an address that works."""
    row = await work.session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.member_id == work.actor.member_id, CalendarFeed.revoked_at.is_(None)
        )
    )
    return CalendarFeedOut(made_at=row.made_at if row else None, url=None)


def feed_url(work: Work, token: str) -> str:
    """The address that a calendar program is told."""
    return f"{work.settings.base_url}/calendar/{token}.ics"


async def calendar_of(work: Work, token: str) -> bytes:
    """The calendar behind a secret address; raises CalendarNotFound."""
    row = await work.session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.token_hash == hashlib.sha256(token.encode()).digest(),
            CalendarFeed.revoked_at.is_(None),
        )
    )
    if row is None:
        raise CalendarNotFound(mend="Make a new address on the page “Deadlines”.")
    return calendar_file(
        await deadlines_of(work, row.member_id),
        name="Guild: deadlines", base_url=work.settings.base_url, at=work.now,
    )  # fmt: skip


def _of(member_id: MemberId, *columns: Any) -> Select[Any]:
    return (
        select(Contract, *columns)
        .where(Contract.member_id == member_id, Contract.erased_at.is_(None))
        .limit(EACH_MAX)
    )


def _deadline(
    contract: Contract, kind: DeadlineKind, subject_id: Any, day: date, title: str, text: str
) -> DeadlineOut:
    return DeadlineOut(
        kind=kind, subject_id=subject_id, day=day, title=title, text=text,
        contract_number=contract.number,
        path=f"/contract-cases?contract_id={contract.id}"
        if kind in ("dispute_answer", "dispute_decision")
        else f"/contracts/{contract.id}",
    )  # fmt: skip


async def _deliveries(work: Work, member_id: MemberId) -> AsyncIterator[DeadlineOut]:
    rows = await work.session.execute(
        _of(member_id, Milestone)
        .join(Milestone, Milestone.contract_id == Contract.id)
        .where(
            Contract.state == "signed",
            Milestone.state.in_(("planned", "changes_requested", "delivered")),
        )
    )
    for contract, one in rows:
        what = f"“{one.title}”, {contract.number}"
        if one.state != "delivered":
            yield _deadline(
                contract, "delivery", one.id, one.due_on, f"Deliver {what}",
                "The day that was agreed for this delivery.",
            )  # fmt: skip
        elif one.accept_by is not None:
            yield _deadline(
                contract, "silence_accepts", one.id, one.accept_by.date(),
                f"Silence accepts {what}",
                "If the client says nothing until the end of this day, the delivery is accepted.",
            )  # fmt: skip


async def _offers(work: Work, member_id: MemberId) -> AsyncIterator[DeadlineOut]:
    rows = await work.session.execute(
        _of(member_id, ContractOffer.answer_by)
        .join(
            ContractOffer,
            (ContractOffer.contract_id == Contract.id)
            & (ContractOffer.version == Contract.version),
        )
        .where(Contract.state == "sent")
    )
    for contract, answer_by in rows:
        yield _deadline(
            contract, "client_answer", contract.id, answer_by.date(),
            f"Last day to answer offer {contract.number}",
            f"“{contract.title}” waits for the client until the end of this day, then expires.",
        )  # fmt: skip


async def _sheets(work: Work, member_id: MemberId) -> AsyncIterator[DeadlineOut]:
    rows = await work.session.execute(
        _of(member_id, TimeSheet)
        .join(TimeSheet, TimeSheet.contract_id == Contract.id)
        .where(TimeSheet.state == "submitted")
    )
    for contract, sheet in rows:
        yield _deadline(
            contract, "time_approved", sheet.id, sheet.answer_by.date(),
            f"Silence approves the time of {sheet.month:%Y-%m}, {contract.number}",
            "If the client says nothing until the end of this day, the month is approved.",
        )  # fmt: skip


async def _endings(work: Work, member_id: MemberId) -> AsyncIterator[DeadlineOut]:
    rows = await work.session.execute(
        _of(member_id, ContractEnding).join(
            ContractEnding, ContractEnding.contract_id == Contract.id
        )
    )
    for contract, ending in rows:
        yield _deadline(
            contract, "notice_ends", ending.id, ending.notice_until,
            f"Notice of {contract.number} ends", f"“{contract.title}” is over after this day.",
        )  # fmt: skip
        if ending.state == "proposed":
            yield _deadline(
                contract, "statement_answer", ending.id, ending.answer_by.date(),
                f"Silence agrees to the closing statement of {contract.number}",
                "If the client says nothing until the end of this day, the sums are agreed.",
            )  # fmt: skip


async def _cases(work: Work, member_id: MemberId) -> AsyncIterator[DeadlineOut]:
    rows = await work.session.execute(
        _of(member_id, ContractCase)
        .join(ContractCase, ContractCase.contract_id == Contract.id)
        .where(ContractCase.state.in_(("open", "answered")))
    )
    for contract, case in rows:
        if case.state == "open":
            who = "Your client answers" if case.opened_by == "member" else "You answer"
            yield _deadline(
                contract, "dispute_answer", case.id, case.answer_by.date(),
                f"{who} the dispute about {contract.number}",
                "After this day a union representative may decide without the answer.",
            )  # fmt: skip
        yield _deadline(
            contract, "dispute_decision", case.id, case.decide_by.date(),
            f"Decision in the dispute about {contract.number}",
            "A union representative decides until this day.",
        )  # fmt: skip


async def _terms(work: Work, member_id: MemberId) -> AsyncIterator[DeadlineOut]:
    rows = await work.session.scalars(
        _of(member_id).where(
            Contract.kind.in_(("retainer", "licence")),
            Contract.state.in_(("signed", "completed")),
            Contract.amends_id.is_(None),
        )
    )
    for contract in rows:
        last = ends_on(contract)
        if last is not None:
            yield _deadline(
                contract, "term_ends", ContractId(contract.id), last,
                f"Last day of {contract.number}",
                f"“{contract.title}” ends unless its next term is agreed.",
            )  # fmt: skip
