"""After signing: objections, contracts undone by both sides, new links, mails that come back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from guild.contracts import commands, jobs, queries
from guild.contracts.errors import (
    AlreadyInvoiced,
    NotTheClient,
    ObjectionNotFound,
    ObjectionTooLate,
    OwnCase,
    VoidingAsked,
    VoidingNotAsked,
)
from guild.contracts.models import Contract, ContractSigner
from guild.contracts.schemas import DeliveryIn
from guild.contracts.schemas.signing import (
    ObjectionDecisionIn,
    ObjectionIn,
    VoidAnswerIn,
    VoidIn,
)
from guild.core.errors import Forbidden, IllegalMove
from guild.core.mail import Mail
from guild.exchange.commands import find_refused
from guild.members.models import AccessLink
from guild.members.rules.tokens import token_hash
from tests.features.contracts.test_pages import client, hidden, opened, token_of

__all__ = ["client"]
NOT_ME = ObjectionIn(kind="not_me", text="I was on holiday; somebody used my mailbox.")
STANDS = ObjectionDecisionIn(outcome="stands", reasons="The device was hers, she confirmed it.")
VOID = ObjectionDecisionIn(outcome="void", reasons="The mailbox was used by somebody else.")


@pytest.fixture
def objected(make, as_):
    """`await objected()` → (member, contract suspended, objection)."""

    async def made():
        member = await make.member()
        contract = await make.signed_contract(member)
        async with as_(await make.client_of(contract)) as work:
            objection = await commands.object_to_signing(work, NOT_ME)
        return member, contract, objection

    return made


async def state(as_, contract):
    async with as_() as work:
        return (await work.session.get_one(Contract, contract.id)).state


async def test_an_objection_suspends_and_everybody_hears(make, as_, objected):
    rep = await make.member(roles=["rep"])
    member, contract, _ = await objected()
    assert await state(as_, contract) == "suspended"
    told = {letter.to for letter in (await make.letters()) if contract.number in letter.subject}
    assert {member.email, rep.email} <= told
    milestone = (await make.milestones(contract))[0]
    async with as_(make.actor(member)) as work:
        with pytest.raises(IllegalMove):
            await commands.deliver_milestone(work, milestone.id, DeliveryIn(note="Here."))
    async with as_(await make.client_of(contract)) as work:
        with pytest.raises(IllegalMove):
            await commands.object_to_signing(work, NOT_ME)
    async with as_(make.actor(rep), read_only=True) as work:
        (waiting,) = await queries.open_objections(work)
    assert (waiting.kind, waiting.contract_number) == ("not_me", contract.number)
    stranger = await make.member()
    async with as_(make.actor(stranger), read_only=True) as work:
        assert await queries.open_objections(work) == []


async def test_a_rep_lifts_it_and_silence_gets_its_days_again(make, as_, objected, clock):
    rep = await make.member(roles=["rep"])
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.deliver(contract, member)
    before = (await make.milestones(contract))[0].accept_by
    async with as_(await make.client_of(contract)) as work:
        objection = await commands.object_to_signing(work, NOT_ME)
    clock.advance(days=4)
    async with as_(make.actor(rep)) as work:
        await commands.decide_objection(work, objection.id, STANDS)
    assert await state(as_, contract) == "signed"
    assert (await make.milestones(contract))[0].accept_by > before
    async with as_(make.actor(rep)) as work:
        with pytest.raises(IllegalMove):
            await commands.decide_objection(work, objection.id, VOID)
    letters = [one for one in await make.letters() if one.subject.endswith("goes on")]
    assert len(letters) == 2


async def test_a_late_decision_is_chased_and_handed_up(make, as_, objected, clock):
    """Reps hear two days before the day; when it is over, the secretary and the office too."""
    rep, secretary = await make.member(roles=["rep"]), await make.member(roles=["secretary"])
    _, contract, objection = await objected()

    async def chased():
        before = len(await make.letters())
        for _ in range(2):  # schedule and job may both run twice
            async with as_() as work:
                await jobs.chase_decisions.job.run(work)
            async with as_() as work:
                await commands.chase_objection(work, objection.id)
        return {one.to: one for one in (await make.letters())[before:]}

    async with as_(make.actor(rep), read_only=True) as work:
        (waiting,) = await queries.open_objections(work)
    clock.set(waiting.decide_by - timedelta(days=2, minutes=1))
    assert await chased() == {}
    clock.advance(minutes=2)
    ((to, reminder),) = (await chased()).items()
    assert (to, reminder.subject) == (
        rep.email, f"Reminder: {contract.number} waits for your decision",
    )  # fmt: skip
    assert "the objection to a signature" in reminder.text
    assert "/rep-tasks" in reminder.text
    clock.advance(days=2)
    told = await chased()
    assert set(told) == {rep.email, secretary.email, make.system.settings.coop.email}
    assert {one.subject for one in told.values()} == {
        f"{contract.number}: nobody has decided in time"
    }
    assert "Please decide now" in told[rep.email].text
    assert "without a tie to the sides" in told[secretary.email].text
    clock.advance(days=1)
    assert await chased() == {}, "each is said once"
    assert await state(as_, contract) == "suspended", "a late decision decides nothing by itself"
    async with as_(make.actor(rep)) as work:
        await commands.decide_objection(work, objection.id, STANDS)
    clock.advance(days=5)
    assert await chased() == {}


async def test_a_rep_voids_it(make, as_, objected):
    rep = await make.member(roles=["rep"])
    member, contract, objection = await objected()
    async with as_(make.actor(rep)) as work:
        await commands.decide_objection(work, objection.id, VOID)
    assert await state(as_, contract) == "void"
    async with as_(make.actor(member), read_only=True) as work:
        view = await queries.contract_view(work, contract.id)
    assert view.ended_reason == "void_objection"


async def test_who_may_not_decide(make, as_, objected):
    member, contract, objection = await objected()
    for who in (member, await make.member()):
        async with as_(make.actor(who)) as work:
            with pytest.raises(Forbidden):
                await commands.decide_objection(work, objection.id, VOID)
    rep = await make.member(roles=["rep"])
    own = await make.signed_contract(rep)
    async with as_(await make.client_of(own)) as work:
        about_her = await commands.object_to_signing(work, NOT_ME)
    async with as_(make.actor(rep)) as work:
        with pytest.raises(OwnCase):
            await commands.decide_objection(work, about_her.id, VOID)
        with pytest.raises(ObjectionNotFound):
            await commands.decide_objection(work, contract.id, VOID)


async def test_after_three_days_it_is_too_late(make, as_, clock):
    contract = await make.signed_contract()
    clock.advance(days=4)
    async with as_(await make.client_of(contract)) as work:
        with pytest.raises(ObjectionTooLate):
            await commands.object_to_signing(work, NOT_ME)
    sent = await make.sent_contract()
    async with as_(await make.client_of(sent)) as work:
        with pytest.raises(NotTheClient):
            await commands.object_to_signing(work, NOT_ME)


WHY = VoidIn(reason="The exhibition is cancelled; neither side wants it any more.")
YES, NO = VoidAnswerIn(agree=True), VoidAnswerIn(agree=False)


async def test_both_sides_make_it_void(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    async with as_(make.actor(member)) as work:
        await commands.ask_to_void(work, contract.id, WHY)
    assert await state(as_, contract) == "signed", "one side alone changes nothing"
    async with as_(make.actor(member)) as work:
        with pytest.raises(OwnCase):
            await commands.answer_voiding(work, contract.id, YES)
        with pytest.raises(VoidingAsked):
            await commands.ask_to_void(work, contract.id, WHY)
    async with as_(await make.client_of(contract)) as work:
        await commands.answer_voiding(work, None, YES)
    assert await state(as_, contract) == "void"
    letters = [one for one in await make.letters() if one.subject.endswith(": void")]
    assert member.email in {one.to for one in letters}
    assert len(letters) == 2
    async with as_(make.actor(member)) as work:
        with pytest.raises(IllegalMove):
            await commands.ask_to_void(work, contract.id, WHY)


async def test_the_client_asks_and_the_member_refuses(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    client = await make.client_of(contract)
    async with as_(client) as work:
        await commands.ask_to_void(work, None, WHY)
        with pytest.raises(OwnCase):
            await commands.answer_voiding(work, None, YES)
    async with as_(make.actor(member)) as work:
        await commands.answer_voiding(work, contract.id, NO)
        with pytest.raises(VoidingNotAsked):
            await commands.answer_voiding(work, contract.id, YES)
    assert await state(as_, contract) == "signed"
    async with as_(client) as work:
        await commands.ask_to_void(work, None, WHY)
        await commands.withdraw_voiding(work, None)
    stranger = await make.member()
    async with as_(make.actor(stranger)) as work:
        with pytest.raises(Exception, match="No such contract"):
            await commands.ask_to_void(work, contract.id, WHY)


async def test_what_is_invoiced_is_not_undone(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    milestone = await make.accept(contract, member)
    async with as_() as work:
        await commands.mark_milestones_invoiced(work, contract.id, [milestone.id])
    async with as_(make.actor(member)) as work:
        with pytest.raises(AlreadyInvoiced):
            await commands.ask_to_void(work, contract.id, WHY)


async def test_the_database_holds_it_too(make, as_):
    contract = await make.signed_contract()
    with pytest.raises(Exception, match="not made void by one side"):
        async with as_() as work:
            row = await work.session.get_one(Contract, contract.id)
            row.state = "void"
            await work.session.flush()


# --- new links ------------------------------------------------------------------------------------


async def links(as_, contract):
    async with as_() as work:
        rows = await work.session.scalars(
            select(AccessLink).where(AccessLink.subject_id == contract.id).order_by(AccessLink.id)
        )
        return list(rows)


async def test_a_dead_link_offers_a_new_one_and_says_nothing(make, client, as_, clock):
    contract = await make.sent_contract()
    token = await opened(make, client, contract)
    client.headers["Accept-Language"] = "fr-BE,fr;q=0.9"
    clock.advance(hours=1)
    door = await client.get(f"/offers/{token}")
    assert "M’envoyer un nouveau lien" in door.text
    dead = await client.post(f"/offers/{token}", data=hidden(door))
    assert dead.status_code == 404
    unknown = await client.post("/offers/" + "x" * 43, data=hidden(door))
    strip = lambda page, its: page.text.replace(its, "")  # noqa: E731
    assert (
        strip(dead, token).split("<main")[1].split("csrf_token")[0]
        == strip(unknown, "x" * 43).split("<main")[1].split("csrf_token")[0]
    )
    assert contract.number not in dead.text
    before = len(await links(as_, contract))
    renewed = await client.post(f"/offers/{token}/renew", data=hidden(dead))
    other = await client.post("/offers/" + "x" * 43 + "/renew", data=hidden(dead))
    assert renewed.status_code == other.status_code == 200
    assert "Regardez votre boîte" in renewed.text
    after = await links(as_, contract)
    assert len(after) == before + 1
    letter = (await make.letters())[-1]
    async with as_() as work:
        signer = (await work.session.scalars(select(ContractSigner))).one()
    assert letter.to == signer.email
    assert token_hash(await token_of(make)) == after[-1].token_hash
    # Again at once: no second mail.
    await client.post(f"/offers/{token}/renew", data=hidden(dead))
    assert len(await links(as_, contract)) == before + 1


async def test_a_signed_contracts_reader_gets_a_new_link(make, client, as_, clock):
    contract = await make.signed_contract()
    token = await token_of(make)
    clock.advance(hours=100)
    fields = hidden(await client.get(f"/offers/{token}"))
    await client.post(f"/offers/{token}/renew", data=fields)
    assert "your new link" in (await make.letters())[-1].subject
    await opened(make, client, contract)
    assert (await client.get("/offer")).status_code == 200


# --- mails that come back -------------------------------------------------------------------------


async def test_a_refused_mail_is_a_state_that_a_person_sees(make, as_, signed_in):
    member = await make.member()
    contract = await make.sent_contract(member)
    async with as_() as work:
        signer = (await work.session.scalars(select(ContractSigner))).one()
        mail = await work.session.get_one(Mail, signer.link_mail_id)
        mail.refused = "550 no such user"
        await work.session.flush()
        assert await find_refused(work) == 0
        assert await commands.find_refused_links(work) == 1
        assert await commands.find_refused_links(work) == 0, "told once"
    told = (await make.letters())[-1]
    assert (told.to, "came back" in told.text) == (member.email, True)
    browser = await signed_in(member)
    page = await browser.get(f"/contracts/{contract.id}", headers={"Accept": "text/html"})
    assert "The mail came back" in page.text
    api = await browser.get(f"/api/v1/contracts/{contract.id}/signers")
    assert api.json()["signers"][0]["bounced_at"]
    async with as_(make.actor(member)) as work:
        await commands.resend_link(work, contract.id)
    async with as_() as work:
        signer = (await work.session.scalars(select(ContractSigner))).one()
        assert signer.bounced_at is None, "a new link is a new try"
