"""Both sides speak, hidden from each other; replies, disputes, rulings, erasure."""

import json

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from guild.core.ids import AttestationId, ContractId, new_id
from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from guild.members.models import Contact
from guild.mutual_fund import queries as fund
from guild.reputation import commands, queries, rules
from guild.reputation.access import has_tie
from guild.reputation.errors import (
    AlreadySpoken,
    AttestationNotFound,
    DisputeClosed,
    NothingToRate,
    NotYetRateable,
    OwnDealing,
    RatingClosed,
    RepInvolved,
    UnknownQuestion,
)
from guild.reputation.models import (
    Attestation,
    AttestationDispute,
    AttestationInvitation,
    ReputationParty,
)
from guild.reputation.schemas import AttestationIn, DisputeIn, ReplyIn, RulingIn
from guild.translog import queries as log
from guild.translog import verify
from guild.translog.commands import sequence_leaves
from tests.features.reputation.story import FAIR, GOOD, POOR, Story, firm


@pytest.fixture
def story(system, make) -> Story:
    return Story(system, make)


async def sound(story: Story) -> None:
    async with begin_work(story.system, SYSTEM) as work:
        await sequence_leaves(work)
    async with begin_work(story.system, SYSTEM, read_only=True) as work:
        for invariant in (*queries.INVARIANTS, *log.INVARIANTS):
            assert await invariant(work.session) == [], invariant.__name__


async def verified(story: Story, folder) -> dict[str, bool]:
    """What the stand-alone verifier says of the public files as they are now."""
    async with begin_work(story.system, SYSTEM) as work:
        await sequence_leaves(work)
        files = await log.public_export(work) | await queries.public_export(work)
        files |= await fund.public_export(work)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    report = verify.verify(folder)
    return {one.what: one.holds for one in report}


async def state(story: Story, attestation_id: AttestationId) -> str:
    async with begin_work(story.system, SYSTEM) as work:
        row = await work.session.get_one(Attestation, attestation_id, populate_existing=True)
        return row.state


async def dispute(story: Story, member, entry, reason: str = "The date was moved by letter."):
    async with begin_work(story.system, story.make.actor(member)) as work:
        return await commands.dispute_entry(work, entry.id, DisputeIn(reason=reason))


async def rule(story: Story, rep, dispute_id, outcome: str) -> None:
    async with begin_work(story.system, story.make.actor(rep)) as work:
        data = RulingIn(outcome=outcome, reasons="The letter of 3 November shows it.")  # type: ignore[arg-type]
        await commands.rule_on_dispute(work, dispute_id, data)


async def test_both_sides_are_asked_when_all_is_paid(story: Story) -> None:
    member = await story.make.member()
    contract = await story.finished(member)
    letters = [letter for letter in await story.make.letters() if "finished" in letter.text]
    client_letter = next(letter for letter in letters if letter.to != member.email)
    assert "/attest/" in client_letter.text
    assert len(letters) == 2
    async with begin_work(story.system, story.make.actor(member)) as work:
        (waiting,) = await queries.contracts_to_rate(work)
        assert waiting.contract_id == contract.id
        assert waiting.questions == sorted(FAIR)


async def test_it_is_too_early_before_that(story: Story) -> None:
    member = await story.make.member()
    for contract in (
        await story.make.signed_contract(member),
        await story.completed(member),
        await story.finished(member, paid=False),
    ):
        with pytest.raises(NotYetRateable):
            await story.member_says(member, contract)


async def test_both_stay_hidden_until_both_have_spoken(story: Story) -> None:
    member = await story.make.member()
    contract = await story.finished(member)
    hers = await story.member_says(member, contract)
    assert await state(story, hers.id) == "hidden"
    async with begin_work(story.system, await story.client(contract)) as work:
        assert await queries.entries_about_me(work) == []
        with pytest.raises(AttestationNotFound):
            await commands.reply_to_entry(work, hers.id, ReplyIn(text="What did they say?"))
    theirs = await story.client_says(contract, GOOD)
    assert [await state(story, one.id) for one in (hers, theirs)] == ["published"] * 2
    async with begin_work(story.system, await story.client(contract)) as work:
        (entry,) = await queries.entries_about_me(work)
        assert entry.answers == FAIR
    await sound(story)


async def test_after_the_blind_period_one_voice_is_published_and_the_other_is_late(
    story: Story, clock
) -> None:
    member = await story.make.member()
    contract = await story.finished(member)
    said = await story.client_says(contract, POOR)
    clock.advance(days=13, hours=23)
    async with begin_work(story.system, SYSTEM) as work:
        assert await commands.publish_due(work) == 0
    clock.advance(hours=1)
    async with begin_work(story.system, SYSTEM) as work:
        assert await commands.publish_due(work) == 1
        assert await commands.publish_due(work) == 0
    assert await state(story, said.id) == "published"
    with pytest.raises(RatingClosed):
        await story.member_says(member, contract)
    await sound(story)


async def test_the_time_to_speak_ends(story: Story, clock) -> None:
    member = await story.make.member()
    contract = await story.finished(member)
    clock.advance(days=30)
    with pytest.raises(RatingClosed):
        await story.member_says(member, contract)


async def test_refusals(story: Story) -> None:
    member, other = await story.make.member(), await story.make.member()
    contract = await story.finished(member)
    with pytest.raises(NothingToRate):
        await story.member_says(other, contract)
    with pytest.raises(UnknownQuestion, match="charm"):
        await story.member_says(member, contract, {"charm": True})
    await story.member_says(member, contract)
    with pytest.raises(AlreadySpoken):
        await story.member_says(member, contract)
    async with begin_work(story.system, story.make.actor(member)) as work:
        data = AttestationIn(contract_id=ContractId(new_id()), answers=FAIR)
        with pytest.raises(NothingToRate):
            await commands.attest(work, data)
    async with begin_work(story.system, await story.make.client_of(contract)) as work:
        with pytest.raises(NothingToRate):
            await queries.rateable(work)


async def test_nobody_speaks_about_herself(story: Story) -> None:
    member = await story.make.member(vat_number=firm(1)["vat_number"])
    client = await story.make.organisation(member, **firm(1))
    contract = await story.finished(member, client)
    with pytest.raises(OwnDealing):
        await story.client_says(contract, GOOD)


async def test_a_new_number_hides_no_dealing_with_oneself(story: Story) -> None:
    """She bore the client's number once; so she neither speaks nor rules about it."""
    member = await story.make.member(vat_number=firm(1)["vat_number"], roles=[Role.REP])
    await story.make.numbers(
        member, await story.make.member(roles=[Role.SECRETARY]), vat_number=firm(2)["vat_number"]
    )
    contract = await story.finished(member, await story.make.organisation(member, **firm(1)))
    with pytest.raises(OwnDealing):
        await story.client_says(contract, GOOD)
    other = await story.make.member()
    theirs = await story.make.organisation(other, **firm(1))
    entry = Attestation(member_id=other.id, client_id=theirs.id)
    async with begin_work(story.system, story.make.actor(member)) as work:
        assert await has_tie(work, member.id, entry)


async def test_what_was_said_cannot_be_changed(story: Story) -> None:
    member = await story.make.member()
    _, entry = await story.both_say(member)
    for change in (
        update(Attestation).values(payload=b"{}"),
        update(Attestation).values(salt=bytes(32)),
        update(Attestation).values(commitment=bytes(32)),
        delete(Attestation),
    ):
        async with begin_work(story.system, SYSTEM) as work:
            with pytest.raises(DBAPIError):
                async with work.session.begin_nested():
                    await work.session.execute(change.where(Attestation.id == entry.id))


async def test_a_reply_stands_beside_the_entry(story: Story) -> None:
    member, other = await story.make.member(), await story.make.member()
    _, entry = await story.both_say(member, POOR)
    with pytest.raises(AttestationNotFound):
        async with begin_work(story.system, story.make.actor(other)) as work:
            await commands.reply_to_entry(work, entry.id, ReplyIn(text="Mine"))
    async with begin_work(story.system, story.make.actor(member)) as work:
        await commands.reply_to_entry(work, entry.id, ReplyIn(text=" My mistake. "))
        (shown,) = await queries.entries_about_me(work)
        assert shown.reply == "My mistake."


async def test_a_disputed_entry_leaves_the_score_until_a_rep_has_ruled(
    story: Story, tmp_path
) -> None:
    member, rep = await story.make.member(), await story.make.member(roles=["rep"])
    for _ in range(3):
        await story.both_say(member)
    _, entry = await story.both_say(member, POOR)

    async def shown():
        async with begin_work(story.system, story.make.actor(member)) as work:
            return await queries.member_explanation(work, member.id)

    assert ((await shown()).score.mean, (await shown()).weight) == ("0.6667", "4.00")
    dispute_id = await dispute(story, member, entry)
    contested = await shown()
    assert (contested.score.mean, contested.weight) == ("0.8000", "3.00")
    (out,) = [one for one in contested.entries if one.excluded]
    assert (out.excluded, out.weight) == ("contested", "0.00")
    assert out.dispute is not None
    assert (await verified(story, tmp_path)) == dict.fromkeys(
        ["checkpoint", "tree", "statements", "scores", "juries", "fund"], True
    )

    async with begin_work(story.system, story.make.actor(rep)) as work:
        (open_one,) = await queries.open_disputes(work)
        assert open_one.id == dispute_id
    await rule(story, rep, dispute_id, "upheld")
    assert (await shown()).score.mean == "0.6667"
    with pytest.raises(DisputeClosed):
        await dispute(story, member, entry)
    assert all((await verified(story, tmp_path)).values())
    await sound(story)


async def test_a_struck_entry_never_counts(story: Story, tmp_path) -> None:
    member, rep = await story.make.member(), await story.make.member(roles=["rep"])
    for answers in (GOOD, GOOD, POOR):
        _, entry = await story.both_say(member, answers)
    await rule(story, rep, await dispute(story, member, entry), "struck")
    assert await state(story, entry.id) == "struck"
    async with begin_work(story.system, story.make.actor(member)) as work:
        explained = await queries.member_explanation(work, member.id)
    assert (explained.score.mean, explained.score.projects) == ("0.7500", 2)
    assert all((await verified(story, tmp_path)).values())
    assert any("struck" in letter.text for letter in await story.make.letters())
    await sound(story)


async def test_a_rep_with_a_tie_neither_sees_nor_rules(story: Story) -> None:
    member = await story.make.member(roles=["rep"])
    client = await story.make.organisation(member, **firm(1))
    _, entry = await story.both_say(member, POOR, client)
    tied = await story.make.member(roles=["rep"])
    await story.make.contract(tied, await story.make.organisation(tied, **firm(1)))
    dispute_id = await dispute(story, member, entry)
    for rep in (member, tied):
        with pytest.raises(RepInvolved):
            await rule(story, rep, dispute_id, "struck")
        async with begin_work(story.system, story.make.actor(rep)) as work:
            assert await queries.open_disputes(work) == []


async def test_disputes_end_after_six_months_and_only_the_subject_may(story: Story, clock) -> None:
    member, other = await story.make.member(), await story.make.member()
    contract, entry = await story.both_say(member)
    with pytest.raises(AttestationNotFound):
        await dispute(story, other, entry)
    async with begin_work(story.system, await story.client(contract)) as work:
        with pytest.raises(AttestationNotFound):
            await commands.dispute_entry(work, entry.id, DisputeIn(reason="Not about us."))
        (about_client,) = await queries.entries_about_me(work)
        await commands.dispute_entry(work, about_client.id, DisputeIn(reason="We paid in time."))
    clock.advance(days=220)
    with pytest.raises(DisputeClosed):
        await dispute(story, member, entry)


async def test_possible_retaliation_waits_for_a_rep(story: Story, clock) -> None:
    member = await story.make.member()
    client = await story.make.organisation(member, **firm(1))
    _, first = await story.both_say(member, POOR, client)
    await dispute(story, member, first)
    clock.advance(days=60)
    _, second = await story.both_say(member, POOR, client)
    assert await state(story, second.id) == "contested"
    async with begin_work(story.system, SYSTEM) as work:
        held = await work.session.scalar(
            select(AttestationDispute).where(AttestationDispute.attestation_id == second.id)
        )
        assert held is not None
        assert held.opened_by == "rule"
    clock.advance(days=91)
    _, third = await story.both_say(member, POOR, client)
    assert await state(story, third.id) == "published"
    await sound(story)


async def test_erasure_leaves_a_log_that_verifies(story: Story, tmp_path) -> None:
    secretary = await story.make.member(roles=["secretary"])
    member, rep = await story.make.member(), await story.make.member(roles=["rep"])
    stays = await story.make.member()
    _, entry = await story.both_say(member, POOR)
    await rule(story, rep, await dispute(story, member, entry), "upheld")
    contract = await story.finished(member)
    await story.client_says(contract, GOOD)
    await story.both_say(stays)
    assert all((await verified(story, tmp_path)).values())
    before = (tmp_path / "openings.jsonl").read_text()

    async with begin_work(story.system, story.make.actor(secretary)) as work:
        assert await commands.erase_member(work, member.id) == 3
    files = await verified(story, tmp_path)
    assert all(files.values()), files
    after = (tmp_path / "openings.jsonl").read_text()
    assert before.count("\n") - after.count("\n") == 2
    async with begin_work(story.system, SYSTEM) as work:
        erased = await work.session.scalars(
            select(Attestation).where(Attestation.member_id == member.id)
        )
        assert {(one.state, one.salt, one.payload) for one in erased} == {("erased", None, None)}
        keys = (await work.session.scalars(select(ReputationParty.pseudonym))).all()
        assert None in keys
        names = (await work.session.scalars(select(AttestationInvitation.pseudonym))).all()
    gone = set(before.splitlines()) - set(after.splitlines())
    published = {json.loads(json.loads(line)["payload"])["contract"] for line in gone}
    assert published
    assert not published & set(names), "a name in others' copies leads back to no contract"
    await sound(story)


async def test_public_files_name_nobody(story: Story, tmp_path) -> None:
    member = await story.make.member(legal_name="Zelda Quartermain")
    contract, _ = await story.both_say(member)
    await verified(story, tmp_path)
    public = "".join(path.read_text() for path in tmp_path.iterdir())
    for private in ("Zelda", member.email, str(member.id), str(contract.id), contract.number,
                    "client.example", str(contract.client_id)):  # fmt: skip
        assert private not in public
    (opening, *_) = (tmp_path / "openings.jsonl").read_text().splitlines()
    assert set(json.loads(json.loads(opening)["payload"])) == {
        "v", "about", "subject", "subject_owner", "author", "author_owner", "contract", "period",
        "answers", "charter_version",
    }  # fmt: skip


async def test_one_firm_is_one_counterparty_whoever_brought_it(story: Story) -> None:
    for _ in range(2):
        member = await story.make.member()
        client = await story.make.organisation(member, **firm(1))
        await story.both_say(member, GOOD, client)
    async with begin_work(story.system, story.make.actor(member)) as work:
        explained = await queries.client_explanation(work, client.id)
    assert (explained.score.projects, explained.score.counterparties) == (2, 2)
    assert explained.score.mean == "0.7500"
    assert {entry.counterparty for entry in explained.entries} == {"not shown"}


async def test_two_members_who_praise_each_other_gain_nothing(story: Story, tmp_path) -> None:
    """Each is the other's client, under her own company number; the third client is a stranger."""
    anna = await story.make.member(**firm(31))
    bert = await story.make.member(**firm(32))
    for member, number in ((anna, 32), (bert, 31)):
        client = await story.make.organisation(member, **firm(number))
        await story.both_say(member, GOOD, client)
        await story.both_say(member, GOOD)
    assert all((await verified(story, tmp_path)).values())
    for member in (anna, bert):
        async with begin_work(story.system, story.make.actor(member)) as work:
            explained = await queries.member_explanation(work, member.id)
        assert sorted(one.excluded for one in explained.entries) == ["", "ring"]
        assert (explained.score.projects, explained.score.counterparties) == (1, 1)
    shown = json.loads((tmp_path / "scores.json").read_text())
    assert shown["formula_version"] == rules.FORMULA_VERSION
    assert "circle" in explained.formula


async def test_a_member_behind_a_firm_is_its_owner(story: Story) -> None:
    """A member who answers for a client firm by her own address stands behind it."""
    anna, bert = await story.make.member(), await story.make.member()
    for worker, behind, number in ((bert, anna, 33), (anna, bert, 34)):
        client = await story.make.organisation(worker, **firm(number))
        async with begin_work(story.system, SYSTEM) as work:
            contact = await work.session.get_one(Contact, client.contacts[0].id)
            contact.email = behind.email
        await story.both_say(worker, GOOD, client)
    async with begin_work(story.system, story.make.actor(anna)) as work:
        explained = await queries.member_explanation(work, anna.id)
    assert [one.excluded for one in explained.entries] == ["ring"]
