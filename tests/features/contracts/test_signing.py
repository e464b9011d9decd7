"""Answering an offer, and attacks on it."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import select

from guild.contracts import commands, queries
from guild.contracts.errors import (
    CodeExpired,
    CodeTriesUsedUp,
    CodeWrong,
    ConsentMissing,
    NameMissing,
    NotTheClient,
    OfferExpired,
    OfferNotFound,
    StaleOffer,
    TooManyCodes,
)
from guild.contracts.models import Contract, ContractEvidence, ContractSigner
from guild.contracts.schemas import ChangesIn, ContractChange, DeclineIn, OfferIn, SendIn, SignIn
from guild.core.errors import IllegalMove
from guild.core.permissions import contact_actor
from guild.core.work import begin_work
from guild.members import commands as members
from tests.factories import Factories

WRONG = {"000000": "111111"}


def wrong(code: str) -> str:
    return WRONG.get(code, "000000")


async def sign(as_, make, contract, data):
    async with as_(await make.client_of(contract)) as work:
        work.network = {"address": "192.0.2.7", "user_agent": "Browser/1"}
        return await commands.sign_contract(work, data)


async def test_a_signature_records_every_field(make, as_, answer):
    sent = await make.sent_contract()
    client = await make.client_of(sent)
    async with as_(client) as work:
        await commands.note_opened(work, client.link)
    data = await answer(sent)
    contract, evidence = await sign(
        as_, make, sent, msgspec.structs.replace(data, time_zone="Europe/Brussels")
    )
    assert contract.state == "signed"
    assert contract.retain_until.year == 2032
    body = msgspec.json.decode(evidence.body)
    signature = body["details"]["signature"]
    assert body["details"]["shown_sha256"] == data.shown_sha256
    assert body["details"]["template_version"].startswith("guild.contract.shown/")
    assert signature["typed_name"] == "Jonas Client"
    assert signature["role"] == "Head of exhibitions"
    assert signature["consent_text"].endswith("and I may sign for Client 2.")
    assert (signature["consent_version"], signature["consent_locale"]) == (1, "en")
    assert len(signature["token_sha256"]) == 64
    assert signature["link_sent_at"]
    assert signature["otp"]["channel"] == "email"
    assert signature["otp"]["result"] == "matched"
    assert signature["ip"] == "192.0.2.7"
    assert signature["user_agent"] == "Browser/1"
    assert signature["time_zone"] == "Europe/Brussels"
    assert body["server_time"].startswith("2026-11-23T12:00:00")
    assert body["previous_sha256"] == evidence.previous_sha256 != "0" * 64
    kinds = [m.title for m in await make.milestones(contract)]
    assert kinds == ["Sketches", "Finished work"]


async def test_reading_changes_nothing(make, as_):
    sent = await make.sent_contract()
    async with as_(await make.client_of(sent), read_only=True) as work:
        for _ in range(3):
            view, html = await queries.offer_view(work)
    assert view.opened_at is None
    assert html
    async with as_() as work:
        kinds = list(await work.session.scalars(select(ContractEvidence.kind)))
    assert kinds == ["drafted", "sent", "link_sent"]


async def test_the_code_stops_at_five_tries_and_a_new_code_brings_no_more(make, as_, answer, but):
    member = await make.member()
    sent = await make.sent_contract(member)
    data = await answer(sent)
    bad = but(data, code=wrong(data.code))
    for left in (4, 3, 2):
        with pytest.raises(CodeWrong) as refused:
            await sign(as_, make, sent, bad)
        assert refused.value.facts["tries_left"] == left
    data = await answer(sent)  # a fresh code does not renew the tries
    with pytest.raises(CodeWrong) as refused:
        await sign(as_, make, sent, but(data, code=wrong(data.code)))
    assert refused.value.facts["tries_left"] == 1
    with pytest.raises(CodeTriesUsedUp):
        await sign(as_, make, sent, but(data, code=wrong(data.code)))
    with pytest.raises(CodeTriesUsedUp):
        await sign(as_, make, sent, data)  # the right code comes too late
    client = await make.client_of(sent)
    async with as_(client) as work:
        with pytest.raises(CodeTriesUsedUp):
            await commands.request_code(work, OfferIn(version=1, shown_sha256=data.shown_sha256))
    async with as_() as work:
        signer = (await work.session.scalars(select(ContractSigner))).one()
        assert signer.code_tries == 5
        refused_kinds = list(
            await work.session.scalars(
                select(ContractEvidence.kind).where(ContractEvidence.kind == "code_refused")
            )
        )
        assert len(refused_kinds) == 5
    async with as_(make.actor(member)) as work:
        await commands.resend_link(work, sent.id)
    contract, _ = await sign(as_, make, sent, await answer(sent))
    assert contract.state == "signed", "a new link brings new tries"


async def test_codes_are_limited_expire_and_end_with_the_next(make, as_, answer, clock, but):
    sent = await make.sent_contract()
    old = await answer(sent)
    new = await answer(sent)
    if old.code != new.code:
        with pytest.raises(CodeWrong):
            await sign(as_, make, sent, old)
    clock.advance(minutes=11)
    with pytest.raises(CodeExpired):
        await sign(as_, make, sent, new)
    for _ in range(3):
        await make.signing_code(sent)
    with pytest.raises(TooManyCodes):
        await make.signing_code(sent)


async def test_a_code_works_once_and_only_for_its_offer(make, as_, answer, but):
    one, two = await make.sent_contract(), await make.sent_contract()
    data = await answer(one)
    other = await answer(two)
    if data.code != other.code:
        with pytest.raises(CodeWrong):
            await sign(as_, make, two, but(other, code=data.code))
    await sign(as_, make, one, data)
    with pytest.raises(IllegalMove):
        await sign(as_, make, one, data)


async def test_without_a_code_nothing_is_signed(make, as_, answer):
    sent = await make.sent_contract()
    data = await answer(sent, code="123456")
    with pytest.raises(CodeExpired):
        await sign(as_, make, sent, data)


async def test_name_and_consent_are_needed_and_cost_no_try(make, as_, answer, but):
    sent = await make.sent_contract()
    data = await answer(sent)
    with pytest.raises(ConsentMissing):
        await sign(as_, make, sent, but(data, consent=False))
    with pytest.raises(NameMissing):
        await sign(as_, make, sent, but(data, typed_name="   "))
    contract, _ = await sign(as_, make, sent, data)
    assert contract.state == "signed"


async def test_another_documents_hash_is_refused(make, as_, answer, but):
    one, two = await make.sent_contract(), await make.sent_contract()
    data, other = await answer(one), await answer(two)
    assert data.shown_sha256 != other.shown_sha256
    with pytest.raises(StaleOffer):
        await sign(as_, make, one, but(data, shown_sha256=other.shown_sha256))
    with pytest.raises(StaleOffer):
        await sign(as_, make, one, but(data, version=2))


async def test_a_stale_version_is_refused_by_its_own_link(make, as_, answer):
    member = await make.member()
    sent = await make.sent_contract(member)
    old_client = await make.client_of(sent)
    data = await answer(sent)
    asked = ChangesIn(version=1, shown_sha256=data.shown_sha256, wishes="Fewer, please")
    async with as_(old_client) as work:
        await commands.request_contract_changes(work, asked)
    with pytest.raises(StaleOffer):
        await sign(as_, make, sent, data)
    async with as_(make.actor(member)) as work:
        edited = await commands.edit_contract(work, sent.id, ContractChange(title="Ten"))
        assert (edited.version, edited.state) == (2, "draft")
        again = SendIn(typed_name="M", consent=True, version=2)
        await commands.send_contract(work, sent.id, again)
    async with as_(contact_actor(old_client.link)) as work:
        with pytest.raises(StaleOffer):
            await commands.sign_contract(work, data)
    contract, evidence = await sign(as_, make, sent, await answer(sent))
    assert (contract.version, evidence.version, contract.title) == (2, 2, "Ten")


async def test_nobody_but_the_client_signs(make, as_, answer):
    member = await make.member()
    sent, other = await make.sent_contract(member), await make.sent_contract()
    data = await answer(sent)
    async with as_(make.actor(member)) as work:
        with pytest.raises(NotTheClient):
            await commands.sign_contract(work, data)
    async with as_() as work:
        with pytest.raises(NotTheClient):
            await commands.sign_contract(work, data)
    with pytest.raises(StaleOffer):  # another client's link, with this offer's hash
        await sign(as_, make, other, data)
    forged = await make.client_of(other)
    grant = msgspec.structs.replace(forged.link, subject_id=sent.id)
    async with as_(contact_actor(grant)) as work:
        with pytest.raises(OfferNotFound):
            await commands.sign_contract(work, data)


async def test_after_the_day_nothing_can_be_answered(make, as_, answer, clock, seen):
    sent = await make.sent_contract()
    data = await answer(sent)
    clock.set(datetime(2026, 12, 8, 0, 0, tzinfo=UTC))
    with pytest.raises(OfferExpired):
        await sign(as_, make, sent, data)
    async with as_(await make.client_of(sent)) as work:
        with pytest.raises(OfferExpired):
            await commands.request_code(work, seen(data))


async def test_declining_is_final_and_told(make, as_, answer, seen):
    member = await make.member()
    sent = await make.sent_contract(member)
    data = await answer(sent)
    said = DeclineIn(**msgspec.to_builtins(seen(data)), reason="price", note="Too much")
    async with as_(await make.client_of(sent)) as work:
        contract = await commands.decline_contract(work, said)
    assert (contract.state, contract.ended_reason) == ("declined", "price")
    assert (await make.letters())[-1].to == member.email
    with pytest.raises(IllegalMove):
        await sign(as_, make, sent, data)
    async with as_(make.actor(member)) as work:
        events = await queries.contract_events(work, sent.id)
    assert events[-1].kind == "declined"
    assert events[-1].note == "Too much"


async def test_two_signatures_at_once_make_one(committing):
    make = Factories(committing)
    sent = await make.sent_contract()
    code = await make.signing_code(sent)
    client = await make.client_of(sent)
    async with begin_work(committing, client) as work:
        view, _ = await queries.offer_view(work)
    data = SignIn(
        version=1, shown_sha256=view.shown_sha256, code=code, typed_name="A", role="B",
        consent=True,
    )  # fmt: skip

    async def attempt():
        async with begin_work(committing, client) as work:
            await commands.sign_contract(work, data)

    results = await asyncio.gather(*(attempt() for _ in range(8)), return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert all(isinstance(r, IllegalMove) for r in results if r is not None)
    async with begin_work(committing, client) as work:
        assert len(await make.milestones(sent)) == 2


async def test_wrong_codes_at_once_are_counted_one_by_one(committing):
    make = Factories(committing)
    sent = await make.sent_contract()
    code = await make.signing_code(sent)
    client = await make.client_of(sent)
    async with begin_work(committing, client) as work:
        view, _ = await queries.offer_view(work)
    guesses = [f"{n:06d}" for n in range(12) if f"{n:06d}" != code]

    async def attempt(guess):
        async with begin_work(committing, client) as work:
            await commands.sign_contract(
                work,
                SignIn(
                    version=1, shown_sha256=view.shown_sha256, code=guess, typed_name="A",
                    role="B", consent=True,
                ),
            )  # fmt: skip

    results = await asyncio.gather(*(attempt(g) for g in guesses), return_exceptions=True)
    assert sum(isinstance(r, CodeWrong) for r in results) == 4
    assert sum(isinstance(r, CodeTriesUsedUp) for r in results) == len(guesses) - 4


async def test_nobody_signs_with_somebody_who_has_left(make, as_, answer):
    member = await make.member()
    offered, drafted = await make.sent_contract(member), await make.contract(member)
    signed = await make.signed_contract(member)
    signature = await answer(offered)
    async with as_(make.actor(member)) as work:
        await members.resign(work, member.id)
    async with as_(await make.client_of(offered)) as work:
        with pytest.raises(IllegalMove):
            await commands.sign_contract(work, signature)
    async with as_() as work:
        states = [
            (await work.session.get_one(Contract, one.id, populate_existing=True)).state
            for one in (offered, drafted, signed)
        ]
    assert states == ["withdrawn", "withdrawn", "signed"]
