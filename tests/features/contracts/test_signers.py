"""Several people sign for a client: side by side, in order, some of many; and what stops them."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from guild.contracts import commands, jobs, queries
from guild.contracts.errors import (
    AlreadyAnswered,
    ExtensionNotAsked,
    NotYourTurn,
    OfferNotFound,
    SameAddress,
    SignersInvalid,
)
from guild.contracts.models import Contract, ContractEvidence, ContractSigner
from guild.contracts.pages.answered import told
from guild.contracts.rules.signers import offer_reminders_due
from guild.contracts.schemas import (
    DeclineIn,
    DelegateIn,
    OfferIn,
    SendIn,
    SignerIn,
    SignersIn,
    SignIn,
)
from guild.core.errors import Forbidden, IllegalMove
from guild.core.permissions import LinkGrant, contact_actor
from guild.members import commands as members
from guild.members.commands import add_contact
from guild.members.errors import LinkNotFound
from guild.members.models import AccessLink, Contact
from guild.members.queries import known_as
from guild.members.schemas import ContactIn


@pytest.fixture
def world(make, as_):
    """`await world(roles)` → (member, contract sent, people): roles are (role, rank, needed)."""

    async def sent(*roles, send=True):
        member = await make.member()
        client = await make.organisation(member)
        drafted = await make.contract(member, client)
        people = [client.contacts[0].id]
        async with as_(make.actor(member)) as work:
            for number in range(2, len(roles) + 1):
                entered = ContactIn(
                    name=f"Person {number}", email=f"p{number}-{client.id}@c.example"
                )
                people.append((await add_contact(work, client.id, entered)).id)
            plan = tuple(
                SignerIn(contact_id=contact, role=role, rank=rank, needed=needed)
                for contact, (role, rank, needed) in zip(people, roles, strict=True)
            )
            contract = await commands.plan_signers(work, drafted.id, SignersIn(signers=plan))
            if send:
                said = SendIn(typed_name=member.legal_name, consent=True, version=1)
                contract = await commands.send_contract(work, drafted.id, said)
        return member, contract, people

    return sent


@pytest.fixture
def person(as_):
    """`await person(contract, contact_id)` → the actor behind that person's newest link."""

    async def actor(contract, contact_id):
        async with as_() as work:
            link = await work.session.scalar(
                select(AccessLink)
                .where(AccessLink.subject_id == contract.id, AccessLink.contact_id == contact_id)
                .order_by(AccessLink.id.desc())
                .limit(1)
            )
        assert link is not None, "she was not asked"
        grant = LinkGrant(
            link_id=link.id, purpose="contract", subject_id=contract.id, contact_id=contact_id
        )
        return contact_actor(grant)

    return actor


@pytest.fixture
def sign(as_, make, person):
    """Sign as one person, with the code of her own mail."""

    async def signed(contract, contact_id, *, code=""):
        who = await person(contract, contact_id)
        async with as_(who) as work:
            view, _ = await queries.offer_view(work)
        seen = OfferIn(version=view.version, shown_sha256=view.shown_sha256)
        if not code:
            async with as_(who) as work:
                await commands.request_code(work, seen)
            code = re.search(r"[Cc]ode\s*: (\d{6})", (await make.letters())[-1].text)[1]
        said = SignIn(
            version=view.version, shown_sha256=view.shown_sha256, code=code, consent=True,
            typed_name=view.your_name, role="Board",
        )  # fmt: skip
        async with as_(who) as work:
            return (await commands.sign_contract(work, said))[0]

    return signed


async def states(as_, contract):
    async with as_() as work:
        rows = await work.session.scalars(
            select(ContractSigner)
            .where(ContractSigner.contract_id == contract.id)
            .order_by(ContractSigner.rank, ContractSigner.id)
        )
        return [row.state for row in rows]


@pytest.fixture
def closed(as_, person):
    """`await closed(contract, contact_id)` → what she reads instead of a form."""

    async def page(contract, contact_id):
        async with as_(await person(contract, contact_id)) as work:
            view, _ = await queries.offer_view(work)
            return told(view, await queries.answered(work, view))

    return page


async def test_a_board_of_five_signs_with_two(world, sign, closed, person, as_, make):
    _, contract, people = await world(*[("signer", 1, 2)] * 5)
    assert await states(as_, contract) == ["asked"] * 5
    assert (await sign(contract, people[3])).state == "sent"
    with pytest.raises(AlreadyAnswered):
        await sign(contract, people[3], code="000000")
    assert (await sign(contract, people[1])).state == "signed"
    assert await states(as_, contract) == [
        "not_needed", "signed", "not_needed", "signed", "not_needed",
    ]  # fmt: skip
    told = [one for one in await make.letters() if "nothing to sign any more" in one.subject]
    assert len(told) == 3
    with pytest.raises((IllegalMove, OfferNotFound, NotYourTurn)):
        await sign(contract, people[0], code="000000")
    page = await closed(contract, people[0])
    assert (page["title"], "Enough others" in page["you"]) == ("The contract is signed", True)
    assert "You signed this contract" in (await closed(contract, people[3]))["you"]
    async with as_(await person(contract, people[3])) as work:
        (mine,) = await queries.agreed_with(work, await known_as(work))
    assert [copy.number for copy in mine.copies] == [contract.number], "her page has the file"
    assert not mine.answers, "deliveries are answered by the client's contact"
    async with as_() as work:
        rows = await work.session.scalars(
            select(ContractEvidence.kind).where(ContractEvidence.contract_id == contract.id)
        )
        assert list(rows).count("signed") == 2


async def test_one_rank_after_the_other_and_readers_only_read(world, sign, closed, as_, person):
    _, contract, people = await world(
        ("approver", 1, 0), ("signer", 2, 0), ("viewer", 1, 0), ("copy", 1, 0)
    )
    async with as_() as work:
        asked = await work.session.scalars(
            select(AccessLink.contact_id).where(AccessLink.subject_id == contract.id)
        )
        assert set(asked) == {people[0], people[2]}
    with pytest.raises(NotYourTurn):
        await sign(contract, people[2], code="000000")
    assert "read along" in (await closed(contract, people[2]))["you"]
    approved = await sign(contract, people[0])
    assert approved.state == "sent"
    page = await closed(contract, people[0])
    assert (page["title"], page["next"]) == (
        "You have signed", "You get a mail when all have answered.",
    )  # fmt: skip
    assert (await closed(contract, people[1]))["lead"] == "", "she can answer"
    assert (await sign(contract, people[1])).state == "signed"


async def test_a_code_opens_only_its_own_persons_pen(world, sign, as_, make, person):
    _, contract, people = await world(("signer", 1, 0), ("signer", 1, 0))
    first = await person(contract, people[0])
    async with as_(first) as work:
        view, _ = await queries.offer_view(work)
        seen = OfferIn(version=view.version, shown_sha256=view.shown_sha256)
        await commands.request_code(work, seen)
    code = re.search(r"[Cc]ode\s*: (\d{6})", (await make.letters())[-1].text)[1]
    with pytest.raises(Exception, match=r"no code|does not match"):
        await sign(contract, people[1], code=code)
    assert (await sign(contract, people[0], code=code)).state == "sent"


async def test_one_no_stops_it_and_everybody_hears(world, sign, closed, as_, make, person):
    member, contract, people = await world(*[("signer", 1, 0)] * 3)
    await sign(contract, people[0])
    async with as_(await person(contract, people[1])) as work:
        view, _ = await queries.offer_view(work)
        said = DeclineIn(version=1, shown_sha256=view.shown_sha256, reason="price")
        stopped = await commands.decline_contract(work, said)
    assert stopped.state == "declined"
    assert await states(as_, contract) == ["signed", "stopped", "stopped"]
    letters = [one for one in await make.letters() if one.subject.endswith("declined")]
    assert len(letters) == 3  # who signed, who was still asked, the member
    assert member.email in {one.to for one in letters}
    async with as_(await person(contract, people[0])) as work:
        names = [one.name for one in (await queries.offer_view(work))[0].signers]
    for mine, title in (
        (0, "You have signed"), (1, "You have declined"), (2, "The offer was declined"),
    ):  # fmt: skip
        page = await closed(contract, people[mine])
        assert page["title"] == title
        assert (mine == 1) != (names[1] in page["stands"]), "the others read who declined"
    with pytest.raises(IllegalMove):
        await sign(contract, people[2], code="000000")


async def test_passing_it_on_to_who_may_sign(world, sign, as_, make, person, signed_in):
    member, contract, people = await world(("signer", 1, 0))
    old = await person(contract, people[0])
    async with as_(old) as work:
        view, _ = await queries.offer_view(work)
    to = {"version": 1, "shown_sha256": view.shown_sha256, "name": "Right Person"}
    async with as_(old) as work:
        with pytest.raises(SameAddress):
            await commands.delegate(work, DelegateIn(**to, email=member.email))
        with pytest.raises(SignersInvalid):
            await commands.delegate(work, DelegateIn(**to, email=view.terms.client.email))
        await commands.delegate(work, DelegateIn(**to, email="right@client.example"))
    told = (await make.letters())[-1]
    assert told.to == member.email
    assert "Right Person" in told.text
    async with as_(old) as work:
        with pytest.raises(OfferNotFound):
            await queries.offer_view(work)
    async with as_() as work:
        links = (await work.session.scalars(
            select(AccessLink).where(AccessLink.subject_id == contract.id).order_by(AccessLink.id)
        )).all()  # fmt: skip
        right = await work.session.scalar(
            select(Contact.id).where(Contact.email == "right@client.example")
        )
    assert links[0].revoked_at is not None
    assert (await sign(contract, right)).state == "signed"


async def test_what_cannot_be_planned(world, as_, make):
    with pytest.raises(SignersInvalid):
        await world(("viewer", 1, 0), send=False)
    with pytest.raises(SignersInvalid):
        await world(("signer", 1, 3), ("signer", 1, 3), send=False)
    with pytest.raises(SignersInvalid):
        await world(("signer", 1, 1), ("signer", 1, 2), send=False)
    member, contract, people = await world(("signer", 1, 0))
    plan = SignersIn(signers=(SignerIn(contact_id=people[0]),))
    async with as_(make.actor(member)) as work:
        with pytest.raises(IllegalMove):
            await commands.plan_signers(work, contract.id, plan)
    stranger = await make.organisation(await make.member())
    drafted = await make.contract(member)
    other = SignersIn(signers=(SignerIn(contact_id=stranger.contacts[0].id),))
    async with as_(make.actor(member)) as work:
        with pytest.raises(SignersInvalid):
            await commands.plan_signers(work, drafted.id, other)


async def test_the_sender_never_signs(world, as_, make):
    member, _, _ = await world(("signer", 1, 0))
    async with as_(make.actor(member)) as work:
        said = SignIn(
            version=1, shown_sha256="0" * 64, code="000000", typed_name="X", role="Y", consent=True
        )
        with pytest.raises(Forbidden):
            await commands.sign_contract(work, said)


async def test_more_time_is_asked_for_and_granted(world, as_, make, person, clock):
    member, contract, people = await world(("signer", 1, 0))
    async with as_(make.actor(member)) as work:
        with pytest.raises(ExtensionNotAsked):
            await commands.grant_extension(work, contract.id)
    async with as_(await person(contract, people[0])) as work:
        await commands.ask_for_extension(work)
    assert (await make.letters())[-1].to == member.email
    clock.advance(days=3)
    async with as_(make.actor(member)) as work:
        before = (await queries.contract_view(work, contract.id)).answer_by
        await commands.grant_extension(work, contract.id)
    async with as_(make.actor(member)) as work:
        after = await queries.contract_view(work, contract.id)
    assert after.answer_by > before
    assert after.extension_asked_at is None


async def test_an_old_link_only_makes_a_mail_go_to_its_addressee(world, as_, make, http, clock):
    _, _contract, _ = await world(("signer", 1, 0))
    mail = (await make.letters())[-1]
    token = re.search(r"/offers/(\S+)", mail.text)[1]
    clock.advance(hours=80)
    count = len(await make.letters())
    answer = await http.post(f"/offers/{token}/renew")
    unknown = await http.post("/offers/nobody-knows-this-token/renew")
    assert answer.status_code == unknown.status_code == 200
    assert answer.text.split("</head>")[1] == unknown.text.split("</head>")[1]
    letters = await make.letters()
    assert len(letters) == count + 1
    assert letters[-1].to == mail.to
    assert token not in letters[-1].text


async def test_a_mail_that_came_back_is_seen(world, as_, make):
    member, _contract, people = await world(("signer", 1, 0))
    async with as_() as work:
        email = (await work.session.get_one(Contact, people[0])).email
        assert await commands.note_bounce(work, email, "550 no such user") == 1
        assert await commands.note_bounce(work, email, "550 no such user") == 0
        assert await commands.note_bounce(work, "nobody@c.example", "550") == 0
    assert "came back" in (await make.letters())[-1].subject
    assert (await make.letters())[-1].to == member.email


async def test_reminders_come_by_steps_and_stop(world, sign, as_, make, clock):
    _, contract, people = await world(("signer", 1, 0), ("signer", 1, 0))

    async def reminded():
        async with as_() as work:
            await jobs.remind_signers.job.run(work)
        async with as_() as work:
            rows = (await work.session.scalars(
                select(ContractSigner).where(ContractSigner.contract_id == contract.id)
            )).all()  # fmt: skip
            ids = [row.id for row in rows]
        for signer_id in ids:
            async with as_() as work:
                await jobs.remind_signer.run(work, signer_id=signer_id, due=3)
        return len([one for one in await make.letters() if one.subject.startswith("Reminder:")])

    assert await reminded() == 0
    clock.advance(days=3, hours=1)
    assert await reminded() == 2
    assert await reminded() == 2
    await sign(contract, people[0])
    clock.advance(days=4)
    assert await reminded() == 3  # who has signed is left alone
    clock.advance(days=60)
    assert await reminded() == 3  # the time is over


def test_the_steps_of_reminders(clock):
    day, asked = timedelta(days=1), clock.moment
    end = asked + 14 * day
    due = [
        offer_reminders_due(asked, end, asked + n * day) for n in (0, 2, 3, 6, 7, 11, 12, 13, 14)
    ]
    assert due == [0, 0, 1, 1, 2, 2, 3, 3, 0]
    assert offer_reminders_due(asked, asked + 4 * day, asked + 3 * day) == 1
    assert offer_reminders_due(asked, asked + day, asked + day / 2) == 0


async def test_pages_of_several_people(world, as_, make, signed_in, http):
    member, contract, _ = await world(("signer", 1, 1), ("signer", 1, 1), ("viewer", 1, 0))
    browser = await signed_in(member)
    shown = await browser.get(f"/contracts/{contract.id}")
    assert "Who answers for the client" in shown.text
    assert "Person 2" in shown.text
    assert "/offers/" not in shown.text
    listed = (await browser.get(f"/api/v1/contracts/{contract.id}/signers")).json()
    assert [one["role"] for one in listed["signers"]] == ["signer", "signer", "viewer"]
    assert not re.search("token|link|code", str(listed))
    assert (await browser.post("/offers/whatever")).status_code in {403, 404}
    trust = await http.get("/trust")
    assert trust.status_code == 200, trust.text
    assert "local authority" in trust.text
    root = await http.get("/trust/root.pem")
    assert root.text.startswith("-----BEGIN CERTIFICATE-----")
    assert "X509 CRL" in (await http.get("/trust/root.crl")).text
    assert (await http.get("/trust/time-root.pem")).status_code == 404


async def test_a_link_opens_once(world, as_, make, http):
    await world(("signer", 1, 0))
    token = re.search(r"/offers/(\S+)", (await make.letters())[-1].text)[1]
    for _ in range(3):  # scanners follow links; nothing happens
        assert (await http.get(f"/offers/{token}")).status_code == 200
    async with as_() as work:
        await members.open_link(work, token)
    async with as_() as work:
        with pytest.raises(LinkNotFound):
            await members.open_link(work, token)
    assert Contract.__tablename__ == "contract"
