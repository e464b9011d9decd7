"""Who may review, what a label needs, and that two reps stand behind it."""

from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.compliance import commands, queries
from guild.compliance.errors import (
    BasicFirst,
    ConflictOfInterest,
    ContractNotReviewable,
    EvidenceMissing,
    FindingsIncomplete,
    LabelNotEarned,
    NoSecondRep,
    NotTheSecondRep,
    NotYourReview,
    ReasonsTellTooMuch,
    ReviewAlreadyOpen,
    ReviewNotFound,
)
from guild.compliance.jobs import draw_again
from guild.compliance.models import Label, Review
from guild.compliance.schemas import ConclusionIn, ConfirmationIn, FindingsIn
from guild.contracts import commands as contracts
from guild.contracts.events import ContractAmended
from guild.contracts.schemas import ContractChange
from guild.core.errors import IllegalMove, Invalid
from guild.core.events import EventRow
from guild.core.ids import LabelId, ReviewId
from guild.core.permissions import SYSTEM, Role
from guild.members.models import Member
from tests.factories import Factories
from tests.features.compliance.scene import GOOD, GRANT, draft, rep, send, sent


class Case:
    """A contract under review: its member, the rep who took it, and a second one."""

    def __init__(self, make: Factories, as_: Any) -> None:
        self.make, self.as_ = make, as_

    async def open(self) -> None:
        self.member = await self.make.member()
        self.first = await rep(self.make)
        self.second = await rep(self.make)
        self.contract = await sent(self.make, self.member)
        async with self.by(self.member) as work:
            self.id = await commands.open_review(work, self.contract.id)

    def by(self, member: Member) -> Any:
        return self.as_(self.make.actor(member))

    async def take(self) -> None:
        await self.open()
        async with self.by(self.first) as work:
            await commands.take_review(work, self.id)

    async def find(self, findings: FindingsIn = GOOD) -> None:
        async with self.by(self.first) as work:
            await commands.record_findings(work, self.id, findings)

    async def propose(self, conclusion: ConclusionIn = GRANT) -> None:
        async with self.by(self.first) as work:
            await commands.propose_conclusion(work, self.id, conclusion)

    async def confirm(self, *, agree: bool = True, because: str = "") -> LabelId | None:
        async with self.by(self.second) as work:
            return await commands.confirm_conclusion(
                work, self.id, ConfirmationIn(agree=agree, because=because)
            )

    async def grant(self) -> LabelId:
        await self.take()
        await self.find()
        await self.propose()
        label_id = await self.confirm()
        assert label_id is not None
        return label_id

    async def row(self) -> Review:
        async with self.as_(SYSTEM) as work:
            return await work.session.get_one(Review, self.id)


@pytest.fixture
def case(make: Factories, as_: Any) -> Case:
    return Case(make, as_)


async def facts_of(as_: Any, kind: str) -> list[EventRow]:
    async with as_(SYSTEM) as work:
        rows = await work.session.scalars(select(EventRow).where(EventRow.kind == kind))
        return list(rows.all())


async def test_a_review_is_due_in_two_working_days(case: Case) -> None:
    await case.open()
    row = await case.row()
    assert (row.state, row.due_on) == ("opened", date(2026, 11, 25))


async def test_a_contract_has_one_open_review(case: Case) -> None:
    await case.open()
    async with case.by(case.member) as work:
        with pytest.raises(ReviewAlreadyOpen):
            await commands.open_review(work, case.contract.id)


async def test_strangers_do_not_learn_that_the_contract_exists(case: Case) -> None:
    await case.open()
    stranger = await case.make.member()
    async with case.by(stranger) as work:
        with pytest.raises(ContractNotReviewable):
            await commands.open_review(work, case.contract.id)
        with pytest.raises(ReviewNotFound):
            await queries.review_for(work, case.id)
        with pytest.raises(ReviewNotFound):
            await queries.review_for(work, ReviewId(case.contract.id))


async def test_reps_do_not_learn_of_drafts(make: Factories, as_: Any) -> None:
    member, somebody = await make.member(), await rep(make)
    contract = await draft(make, member, await make.organisation(member))
    async with as_(make.actor(somebody)) as work:
        with pytest.raises(ContractNotReviewable):
            await commands.open_review(work, contract.id)


async def test_two_reps_grant_a_label(case: Case, as_: Any) -> None:
    label_id = await case.grant()
    async with as_(SYSTEM) as work:
        label = await work.session.get_one(Label, label_id)
        assert (label.state, label.valid_until) == ("granted", date(2027, 11, 23))
        shown = await queries.public_label(work, label.code.lower())
    assert (shown.status, shown.points) == ("granted", 4)
    assert len(await facts_of(as_, "LabelGranted")) == 1
    row = await case.row()
    assert (row.reviewer_id, row.seconder_id) == (case.first.id, case.second.id)


async def test_a_label_can_be_withheld_with_reasons(case: Case, as_: Any) -> None:
    await case.take()
    bad = msgspec.structs.replace(GOOD.findings[0], verdict="not_met", evidence="")
    await case.find(msgspec.structs.replace(GOOD, findings=[bad, *GOOD.findings[1:]]))
    with pytest.raises(LabelNotEarned, match="Safety: the basic point is not met"):
        await case.propose()
    await case.propose(ConclusionIn(outcome="withheld", reasons="Nobody is named for safety."))
    label_id = await case.confirm()
    async with as_(SYSTEM) as work:
        label = await work.session.get_one(Label, label_id)
        assert (await queries.public_label(work, label.code)).status == "withheld"
    assert len(await facts_of(as_, "LabelWithheld")) == 1


async def test_met_without_evidence_is_not_saved(case: Case) -> None:
    await case.take()
    bare = msgspec.structs.replace(GOOD.findings[0], verdict="met", evidence=" ")
    with pytest.raises(EvidenceMissing) as refused:
        await case.find(msgspec.structs.replace(GOOD, findings=[bare]))
    assert refused.value.field == "findings[0].evidence"


async def test_the_database_refuses_met_without_evidence_too(case: Case, as_: Any) -> None:
    await case.take()
    with pytest.raises(DBAPIError, match="met_has_evidence"):
        async with as_(SYSTEM) as work:
            await work.session.execute(
                text(
                    "INSERT INTO review_finding VALUES (gen_random_uuid(), :review, 'safety',"
                    " 'basic', 'met', ' ', :rep, now())"
                ),
                {"review": case.id, "rep": case.first.id},
            )


async def test_the_advanced_point_needs_the_basic_one(case: Case) -> None:
    await case.take()
    early = msgspec.structs.replace(
        GOOD.findings[0], threshold="advanced", verdict="met", evidence="Clause 9"
    )
    with pytest.raises(BasicFirst):
        await case.find(msgspec.structs.replace(GOOD, findings=[early]))


async def test_a_threshold_is_answered_once(case: Case) -> None:
    await case.take()
    with pytest.raises(Invalid, match="twice"):
        await case.find(
            msgspec.structs.replace(GOOD, findings=[GOOD.findings[0], GOOD.findings[0]])
        )


async def test_every_principle_needs_an_answer(case: Case) -> None:
    await case.take()
    await case.find(msgspec.structs.replace(GOOD, findings=GOOD.findings[1:]))
    with pytest.raises(FindingsIncomplete, match="Safety"):
        await case.propose()


async def test_public_reasons_name_nobody(case: Case) -> None:
    await case.take()
    await case.find()
    with pytest.raises(ReasonsTellTooMuch):
        await case.propose(
            ConclusionIn(outcome="granted", reasons=f"{case.member.display_name} is content.")
        )


async def test_nobody_confirms_her_own_proposal(case: Case) -> None:
    await case.take()
    await case.find()
    await case.propose()
    async with case.by(case.first) as work:
        with pytest.raises(NotTheSecondRep):
            await commands.confirm_conclusion(work, case.id, ConfirmationIn(agree=True))


async def test_without_another_rep_nothing_is_decided(make: Factories, as_: Any) -> None:
    member, only = await make.member(), await rep(make)
    contract = await sent(make, member)
    async with as_(make.actor(member)) as work:
        review_id = await commands.open_review(work, contract.id)
    async with as_(make.actor(only)) as work:
        await commands.take_review(work, review_id)
        await commands.record_findings(work, review_id, GOOD)
        with pytest.raises(NoSecondRep):
            await commands.propose_conclusion(work, review_id, GRANT)


async def test_the_second_rep_can_send_it_back(case: Case) -> None:
    await case.take()
    await case.find()
    await case.propose()
    with pytest.raises(Invalid):
        await case.confirm(agree=False)
    assert await case.confirm(agree=False, because="Clause 3 says something else.") is None
    row = await case.row()
    assert (row.state, row.sent_back_because) == ("in_review", "Clause 3 says something else.")
    await case.propose()
    assert await case.confirm() is not None


async def test_the_own_contract_is_closed_to_a_rep(make: Factories, as_: Any) -> None:
    biased = await make.member(roles=[Role.REP])
    contract = await sent(make, biased)
    async with as_(make.actor(biased)) as work:
        review_id = await commands.open_review(work, contract.id)
        with pytest.raises(ConflictOfInterest):
            await commands.take_review(work, review_id)
        assert (await queries.review_for(work, review_id)).private_note is None


async def test_a_shared_client_is_a_tie_even_under_two_entries(make: Factories, as_: Any) -> None:
    member, biased = await make.member(), await rep(make)
    await draft(make, biased, await make.organisation(biased, vat_number="BE0403019261"))
    contract = await sent(make, member, vat_number="BE0403019261")
    async with as_(make.actor(member)) as work:
        review_id = await commands.open_review(work, contract.id)
    async with as_(make.actor(biased)) as work:
        with pytest.raises(ConflictOfInterest):
            await commands.take_review(work, review_id)
        with pytest.raises(ConflictOfInterest):
            await queries.review_for(work, review_id)
        [line] = await queries.inbox(work)
    assert (line.tie, line.title, line.client_name, line.contract_number) == (
        True, None, None, None,
    )  # fmt: skip


async def test_an_old_shared_client_is_no_tie_any_more(
    make: Factories, as_: Any, clock: Any
) -> None:
    member, once = await make.member(), await rep(make)
    await draft(make, once, await make.organisation(once, vat_number="BE0403019261"))
    clock.advance(days=2 * 366)
    client = await make.organisation(member, vat_number="BE0403019261")
    made = await draft(make, member, client)
    async with as_(make.actor(member)) as work:
        review_id = await commands.open_review(work, made.id)
    async with as_(make.actor(once)) as work:
        await commands.take_review(work, review_id)


@pytest.mark.parametrize("by", ["address", "number", "former number"])
async def test_a_rep_who_is_the_client_has_a_tie(make: Factories, as_: Any, by: str) -> None:
    member = await make.member()
    client_herself = await make.member(
        roles=[Role.REP], email="owner@client.example", vat_number="BE0403019261"
    )
    if by == "former number":
        await make.numbers(
            client_herself, await make.member(roles=[Role.SECRETARY]), vat_number="BE0417497106"
        )
    client = (
        {"email": "Owner@client.example"} if by == "address" else {"vat_number": "BE0403019261"}
    )
    contract = await sent(make, member, **client)
    async with as_(make.actor(member)) as work:
        review_id = await commands.open_review(work, contract.id)
    async with as_(make.actor(client_herself)) as work:
        with pytest.raises(ConflictOfInterest):
            await commands.take_review(work, review_id)


async def test_a_declared_tie_closes_the_case_for_good(case: Case) -> None:
    await case.take()
    await case.find()
    async with case.by(case.first) as work:
        await commands.hand_over_review(work, case.id)
    async with case.by(case.first) as work:
        with pytest.raises(ConflictOfInterest):
            await commands.take_review(work, case.id)
    async with case.by(case.second) as work:
        await commands.take_review(work, case.id)
        assert (await queries.review_for(work, case.id)).findings == []


async def test_a_drawn_rep_with_a_tie_is_replaced(case: Case) -> None:
    await case.take()
    await case.find()
    await case.propose()
    third = await rep(case.make)
    async with case.by(case.second) as work:
        await commands.hand_over_review(work, case.id)
    row = await case.row()
    assert (row.state, row.seconder_id) == ("proposed", third.id)


async def test_a_silent_second_rep_is_replaced_after_two_working_days(
    case: Case, as_: Any, clock: Any
) -> None:
    await case.take()
    await case.find()
    await case.propose()
    third = await rep(case.make)
    clock.advance(days=2)
    async with as_(SYSTEM) as work:
        await draw_again.job.run(work)
    assert (await case.row()).seconder_id == case.second.id
    clock.advance(days=1)
    async with as_(SYSTEM) as work:
        await draw_again.job.run(work)
    assert (await case.row()).seconder_id == third.id


async def test_another_rep_cannot_write_into_it(case: Case) -> None:
    await case.take()
    async with case.by(case.second) as work:
        with pytest.raises(NotYourReview):
            await commands.record_findings(work, case.id, GOOD)


async def test_notes_reach_only_those_they_are_for(case: Case, as_: Any) -> None:
    await case.take()
    await case.find()
    async with case.by(case.member) as work:
        early = await queries.review_for(work, case.id)
    assert (early.findings, early.note_to_member, early.private_note) == ([], "", None)
    await case.propose()
    await case.confirm()
    async with case.by(case.member) as work:
        late = await queries.review_for(work, case.id)
    assert late.note_to_member == GOOD.note_to_member
    assert late.private_note is None
    assert len(late.findings) == 8
    async with case.by(case.second) as work:
        assert (await queries.review_for(work, case.id)).private_note == GOOD.private_note
    row = await case.row()
    assert row.private_note_sealed is not None
    assert b"short of work" not in row.private_note_sealed


async def test_the_label_pauses_when_the_contract_changes(case: Case, as_: Any) -> None:
    label_id = await case.grant()
    async with as_(SYSTEM) as work:
        await commands.pause_label(work, case.contract.id, case.contract.version)
        assert (await work.session.get_one(Label, label_id)).state == "granted"
        await commands.pause_label(work, case.contract.id, case.contract.version + 1)
        label = await work.session.get_one(Label, label_id)
        assert (label.state, label.paused_at) == ("paused", work.now)
    assert len(await facts_of(as_, "LabelPaused")) == 1


async def test_a_label_runs_out(case: Case, as_: Any, clock: Any) -> None:
    label_id = await case.grant()
    clock.advance(days=366)
    async with as_(SYSTEM) as work:
        label = await work.session.get_one(Label, label_id)
        assert (await queries.public_label(work, label.code)).status == "expired"


async def test_a_later_review_replaces_the_label(case: Case, as_: Any) -> None:
    former = await case.grant()
    async with case.by(case.member) as work:
        case.id = await commands.open_review(work, case.contract.id)
    async with case.by(case.first) as work:
        await commands.take_review(work, case.id)
    await case.find()
    await case.propose()
    later = await case.confirm()
    async with as_(SYSTEM) as work:
        assert (await work.session.get_one(Label, former)).state == "replaced"
        assert (await work.session.get_one(Label, later)).state == "granted"


async def test_withdrawing_takes_two_reps_too(case: Case, as_: Any) -> None:
    label_id = await case.grant()
    async with case.by(case.first) as work:
        drawn = await commands.propose_withdrawal(work, label_id, "Acceptance came too late.")
        assert drawn == case.second.id
        with pytest.raises(NotTheSecondRep):
            await commands.confirm_withdrawal(work, label_id)
    async with case.by(case.second) as work:
        await commands.confirm_withdrawal(work, label_id)
    async with as_(SYSTEM) as work:
        label = await work.session.get_one(Label, label_id)
        shown = await queries.public_label(work, label.code)
    assert (shown.status, shown.withdrawal_reasons) == (
        "withdrawn", "Acceptance came too late.",
    )  # fmt: skip
    async with case.by(case.second) as work:
        with pytest.raises(IllegalMove):
            await commands.propose_withdrawal(work, label_id, "Again.")


async def test_what_is_concluded_rests(case: Case, as_: Any) -> None:
    await case.grant()
    for statement in (
        "UPDATE review SET reasons = 'other' WHERE id = :id",
        "DELETE FROM review_finding WHERE review_id = :id",
        "UPDATE label SET reasons = 'other' WHERE review_id = :id",
        "DELETE FROM label WHERE review_id = :id",
    ):
        with pytest.raises(DBAPIError, match=r"never changed|rest once|keeps its word"):
            async with as_(SYSTEM) as work:
                await work.session.execute(text(statement), {"id": case.id})


async def test_a_new_version_sent_to_the_client_pauses_the_label(case: Case, as_: Any) -> None:
    label_id = await case.grant()
    async with as_(SYSTEM) as work:
        await work.session.execute(
            text("UPDATE contract SET state = 'changes_requested' WHERE id = :id"),
            {"id": case.contract.id},
        )
    async with case.by(case.member) as work:
        changed = await contracts.edit_contract(
            work, case.contract.id, ContractChange(title="Timetable for two summers")
        )
    await send(case.make, case.member, case.contract.id, changed.version)
    async with as_(SYSTEM) as work:
        assert (await work.session.get_one(Label, label_id)).state == "paused"


async def test_an_amendment_pauses_the_label_when_it_is_in_force(case: Case, as_: Any) -> None:
    label_id = await case.grant()
    contract = case.contract
    async with as_(SYSTEM) as work:
        await work.emit(
            ContractAmended(
                contract_id=contract.id,
                amendment_id=contract.id,
                member_id=contract.member_id,
                client_id=contract.client_id,
                value_minor=contract.net_minor + 1,
                former_value_minor=contract.net_minor,
                currency=contract.currency,
            )
        )
    async with as_(SYSTEM) as work:
        assert (await work.session.get_one(Label, label_id)).state == "paused"
