"""Drafting and offering: what is made, frozen, mailed and refused."""

from datetime import date

import msgspec
import pytest
from sqlalchemy import select

from guild.contracts import commands, queries
from guild.contracts.errors import (
    ConsentMissing,
    ContractNotFound,
    OfferNotFound,
    ProtectionsMissing,
    SameAddress,
    TermsInvalid,
    TooManyLinks,
)
from guild.contracts.models import ContractEvidence, ContractOffer
from guild.contracts.pages.answered import told
from guild.contracts.rules.canonical import sha256
from guild.contracts.schemas import (
    ContractChange,
    ContractIn,
    MilestoneIn,
    SendIn,
    ServiceIn,
    WithdrawIn,
)
from guild.core.errors import IllegalMove, Invalid, StaleVersion
from guild.members.commands import add_contact, open_link
from guild.members.errors import ContactNotFound, LinkNotFound, OrganisationNotFound
from guild.members.schemas import ContactIn

SEND = SendIn(typed_name="Mira Member", consent=True, version=1)


async def test_a_draft_has_number_terms_and_price(make, as_):
    member = await make.member()
    contract = await make.contract(member)
    assert contract.number == "C-2026-0001"
    assert (await make.contract(member)).number == "C-2026-0002"
    async with as_(make.actor(member), read_only=True) as work:
        view = await queries.contract_view(work, contract.id)
    assert (view.state, view.version, view.net, view.currency) == ("draft", 1, "1000.00", "EUR")
    assert view.effective_hourly == "50.00"
    assert [s.text for s in view.terms.services] == ["Sketches", "Finished work"]
    assert view.terms.acceptance_silence_days == 14, "from the charter"
    assert view.milestones == [], "they are made from what is signed"


async def test_another_members_client_or_contact_cannot_be_used(make, as_):
    member, other = await make.member(), await make.member()
    client, foreign = await make.organisation(member), await make.organisation(other)
    base = {"title": "T", "milestones": [MilestoneIn(title="M", net="1", due_on=date(2027, 1, 1))]}
    async with as_(make.actor(member)) as work:
        with pytest.raises(OrganisationNotFound):
            await commands.draft_contract(
                work,
                ContractIn(client_id=foreign.id, contact_id=foreign.contacts[0].id, **base),
            )
        with pytest.raises(ContactNotFound):
            await commands.draft_contract(
                work, ContractIn(client_id=client.id, contact_id=foreign.contacts[0].id, **base)
            )


@pytest.mark.parametrize(
    "fields",
    [
        {"services": [ServiceIn(text="Drawing", value="999.00")]},
        {
            "services": [
                ServiceIn(text="D", value="1000.00", method="hour", rate="50.00", quantity="19")
            ]
        },
        {"starts_on": date(2027, 1, 1)},
        {"rights": "transfer_on_payment", "rights_scope": ""},
    ],
)
async def test_terms_that_contradict_themselves_are_refused(make, fields):
    with pytest.raises(TermsInvalid):
        await make.contract(**fields)


@pytest.mark.parametrize("net", ["0", "0.001", "0.00"])
async def test_a_milestone_costs_something(make, net):
    with pytest.raises(Invalid):
        await make.contract(milestones=[MilestoneIn(title="M", net=net, due_on=date(2027, 1, 1))])


async def test_editing_keeps_what_is_left_out(make, as_):
    member = await make.member()
    contract = await make.contract(member)
    async with as_(make.actor(member)) as work:
        edited = await commands.edit_contract(
            work, contract.id, ContractChange(title="Ten illustrations", revision_rounds=0)
        )
    assert (edited.title, edited.revision_rounds, edited.net_minor) == (
        "Ten illustrations", 0, 100_000,
    )  # fmt: skip
    assert edited.version == 1


async def test_strangers_neither_see_nor_touch_a_contract(make, as_):
    member, other, rep = await make.member(), await make.member(), await make.member(roles=["rep"])
    draft = await make.contract(member)
    for stranger in (other, rep):
        async with as_(make.actor(stranger)) as work:
            with pytest.raises(ContractNotFound):
                await queries.contract_view(work, draft.id)
            with pytest.raises(ContractNotFound):
                await commands.send_contract(work, draft.id, SEND)
            with pytest.raises(ContractNotFound):
                await commands.edit_contract(work, draft.id, ContractChange(title="x"))
    sent = await make.sent_contract(member)
    async with as_(make.actor(rep)) as work:
        assert (await queries.contract_view(work, sent.id)).state == "sent", (
            "reps see what was sent"
        )
        with pytest.raises(ContractNotFound):
            await commands.withdraw_contract(work, sent.id, WithdrawIn())


async def test_sending_freezes_signs_and_mails(make, as_, clock):
    member = await make.member()
    client = await make.organisation(member)
    sent = await make.sent_contract(member, client)
    letter = (await make.letters())[-1]
    assert letter.to == client.contacts[0].email
    assert "/offers/" in letter.text
    assert letter.reason
    async with as_() as work:
        offer = (await work.session.scalars(select(ContractOffer))).one()
        assert offer.shown_sha256 == sha256(offer.shown_html)
        assert offer.terms_sha256 == sha256(offer.terms_json)
        assert offer.email == client.contacts[0].email
        row = await work.session.scalar(
            select(ContractEvidence).where(ContractEvidence.kind == "sent")
        )
    details = msgspec.json.decode(row.body)["details"]
    assert details["shown_sha256"] == offer.shown_sha256
    assert details["signature"]["typed_name"] == member.legal_name
    assert details["signature"]["consent_text"]
    assert details["charter_version"] == sent.charter_version == 1


async def test_the_link_is_in_the_clients_mail_and_nowhere_else(make, as_):
    member = await make.member()
    sent = await make.sent_contract(member)
    letters = await make.letters()
    token = letters[-1].text.partition("/offers/")[2].split()[0]
    assert len(token) > 40
    assert not [x for x in letters if x.to == member.email and token in x.text]
    async with as_(make.actor(member)) as work:
        shown = msgspec.json.encode(
            [
                await queries.contract_view(work, sent.id),
                await queries.contract_events(work, sent.id),
            ]
        )
        assert token.encode() not in shown
        chain = await work.session.scalars(select(ContractEvidence.body))
        assert all(token.encode() not in body for body in chain)


async def test_what_the_law_misses_blocks_sending(make, as_):
    member = await make.member()
    client = await make.organisation(member, kind="public_body")
    draft = await make.contract(member, client, payment_term_days=45)
    async with as_(make.actor(member)) as work:
        checks = await queries.checks_of(work, draft)
        assert not checks.may_be_sent
        with pytest.raises(ProtectionsMissing) as refused:
            await commands.send_contract(work, draft.id, SEND)
    assert refused.value.facts["findings"][0]["rule"] == "eu-2011-7/payment_term"
    assert refused.value.field == "payment_term_days"
    async with as_(make.actor(member)) as work:
        change = ContractChange(long_term_reason="hospital procurement")
        await commands.edit_contract(work, draft.id, change)
        assert (await commands.send_contract(work, draft.id, SEND)).state == "sent"


async def test_the_charter_caps_the_payment_term(make, as_):
    member = await make.member()
    draft = await make.contract(member, payment_term_days=61, long_term_agreed=True)
    async with as_(make.actor(member)) as work:
        with pytest.raises(ProtectionsMissing):
            await commands.send_contract(work, draft.id, SEND)


@pytest.mark.parametrize(("apart", "covered"), [(119, True), (121, False)])
async def test_the_pairs_signed_contracts_are_summed(make, as_, clock, apart, covered):
    member = await make.member(country="US", street="1 Elm", city="New York", postcode="10001")
    client = await make.organisation(
        member, country="US", street="2 Elm", city="New York", postcode="10001"
    )
    fields = {
        "currency": "USD", "law_country": "US", "law_region": "US-NY", "member_region": "US-NY",
        "client_region": "US-NY", "services_list_due": "with each delivery",
        "milestones": [MilestoneIn(title="Half", net="450.00", due_on=date(2027, 6, 1))],
    }  # fmt: skip
    await make.signed_contract(member, client, **fields)
    clock.advance(days=apart)
    draft = await make.contract(member, client, **fields)
    async with as_(make.actor(member)) as work:
        checks = await queries.checks_of(work, draft)
    rules = {f.rule for f in checks.findings}
    assert ("us-ny/services_itemised" in rules) is covered


async def test_sending_needs_consent_the_present_version_and_another_address(make, as_):
    member = await make.member()
    own = await make.organisation(member, contact=False)
    draft = await make.contract(member)
    async with as_(make.actor(member)) as work:
        with pytest.raises(ConsentMissing):
            await commands.send_contract(
                work, draft.id, SendIn(typed_name="M", consent=False, version=1)
            )
        with pytest.raises(StaleVersion):
            await commands.send_contract(
                work, draft.id, SendIn(typed_name="M", consent=True, version=2)
            )
        past = SendIn(typed_name="M", consent=True, version=1, answer_by=date(2026, 11, 1))
        with pytest.raises(Invalid):
            await commands.send_contract(work, draft.id, past)
    assert own.id
    to_self = await make.organisation(member, contact=False, email=member.email)
    async with as_(make.actor(member)) as work:
        contact = await add_contact(
            work, to_self.id, ContactIn(name="Me", email=member.email.upper())
        )
        contact_id = contact.id
    client = msgspec.structs.replace(to_self, contacts=[type("C", (), {"id": contact_id})()])
    mine = await make.contract(member, client)
    async with as_(make.actor(member)) as work:
        with pytest.raises(SameAddress):
            await commands.send_contract(work, mine.id, SEND)


async def test_a_new_link_ends_the_old_one_and_is_limited(make, as_):
    member = await make.member()
    sent = await make.sent_contract(member)
    first = (await make.letters())[-1].text.partition("/offers/")[2].split()[0]
    for _ in range(9):
        async with as_(make.actor(member)) as work:
            await commands.resend_link(work, sent.id)
    second = (await make.letters())[-1].text.partition("/offers/")[2].split()[0]
    assert first != second
    async with as_() as work:
        assert (await open_link(work, second)).subject_id == sent.id
    with pytest.raises(LinkNotFound):
        async with as_() as work:
            await open_link(work, first)
    async with as_(make.actor(member)) as work:
        with pytest.raises(TooManyLinks):
            await commands.resend_link(work, sent.id)


async def test_withdrawing_ends_the_link_and_tells_the_client(make, as_):
    member = await make.member()
    sent = await make.sent_contract(member)
    client = await make.client_of(sent)
    async with as_(make.actor(member)) as work:
        done = await commands.withdraw_contract(work, sent.id, WithdrawIn(note="a mistake"))
    assert (done.state, done.ended_note) == ("withdrawn", "a mistake")
    assert "withdrawn" in (await make.letters())[-1].subject
    async with as_(make.actor(member)) as work:
        with pytest.raises(IllegalMove):
            await commands.resend_link(work, sent.id)
    assert client.link is not None


async def test_an_offer_expires_and_stays_expired(make, as_, clock):
    sent = await make.sent_contract()
    async with as_() as work:
        await commands.expire_offer(work, sent.id)
        assert (await queries.contract_row(work, sent.id)).state == "sent", "not yet"
    clock.advance(days=18)
    pages = []
    for _ in range(2):
        async with as_(await make.client_of(sent)) as work:
            view, _ = await queries.offer_view(work)
            pages.append((view.state, told(view, await queries.answered(work, view))))
        async with as_() as work:
            await commands.expire_offer(work, sent.id)
            assert (await queries.contract_row(work, sent.id)).state == "expired"
    assert [state for state, _ in pages] == ["sent", "expired"]
    assert pages[0][1] == pages[1][1], "she reads the same before and after the job"
    assert pages[0][1]["title"] == "The time to answer is over"
    assert "was open until 7 December 2026" in pages[0][1]["stands"]


async def test_the_funds_answer_is_kept(make, as_):
    sent = await make.sent_contract()
    async with as_() as work:
        await commands.set_guarantee(work, sent.id, False, ["cap reached"])
        row = await queries.contract_row(work, sent.id)
        assert (row.guaranteed, row.guarantee_reasons) == (False, ["cap reached"])


async def test_a_link_for_another_purpose_opens_no_offer(make, as_):
    sent = await make.sent_contract()
    await make.link(sent.contact_id, sent.id, purpose="delivery")
    async with as_(await make.client_of(sent, "delivery")) as work:
        with pytest.raises(OfferNotFound):
            await queries.offer_view(work)
