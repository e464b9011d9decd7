"""Stronger signatures: passkeys and providers of identities, and attacks on both."""

import hashlib
import json
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from sqlalchemy import select

from guild.contracts import commands, queries, verify
from guild.contracts.eid.interface import EidAnswer
from guild.contracts.eid.signed import SignedRedirect, loopback_of
from guild.contracts.errors import (
    EidAnswerRefused,
    EidAnswerStrange,
    EidNotOffered,
    LevelTooLow,
    NothingPrepared,
)
from guild.contracts.models import ContractEvidence, ContractSigner, SignatureRequest
from guild.contracts.rules.evidence import manifest
from guild.contracts.schemas import ContractChange, SendIn
from guild.contracts.schemas.drafting import MilestoneIn
from guild.contracts.schemas.signing import PrepareIn, PrepareSendingIn
from guild.core.errors import StaleVersion
from guild.core.settings import Eid
from guild.members import commands as members
from guild.members import queries as member_queries
from guild.members.errors import PasskeyRefused
from guild.members.schemas.passkeys import AssertionIn, NewPasskeyIn, PasskeyAskIn
from tests.authenticator import Authenticator, cbor, raw, text


def large():
    return {"milestones": [msgspec.convert(
        {"title": "All of it", "net": "60000.00", "due_on": "2027-01-29"}, MilestoneIn
    )]}  # fmt: skip


@pytest.fixture
def device():
    return Authenticator()


@pytest.fixture
def prepare(as_, make, answer):
    """`await prepare(contract)` → the open request of the client, after name, consent and code."""

    async def prepared(contract, level="advanced", **fields):
        data = await answer(contract)
        said = PrepareIn(**{**msgspec.to_builtins(data), "level": level, **fields})
        async with as_(await make.client_of(contract)) as work:
            return await commands.prepare_signature(work, said)

    return prepared


@pytest.fixture
def register(as_, make):
    """`await register(contract, device)`: the client's new passkey, in the signing session."""

    async def registered(contract, device):
        client = await make.client_of(contract)
        async with as_(client) as work:
            _, options = await commands.ask_contact_passkey(work, "telephone")
        made = device.create(json.loads(options))
        async with as_(client) as work:
            return await commands.register_contact_passkey(
                work, msgspec.convert(made, NewPasskeyIn)
            )

    return registered


@pytest.fixture
def options(as_, make):
    """The options for the browser to sign what is prepared."""

    async def asked(contract):
        async with as_(await make.client_of(contract), read_only=True) as work:
            request = await queries.open_request(work, "advanced")
            return json.loads(await queries.signing_options(work, request))

    return asked


@pytest.fixture
def give(as_, make):
    """Hand a passkey's answer in as the client."""

    async def given(contract, said):
        async with as_(await make.client_of(contract)) as work:
            return await commands.sign_with_passkey(work, msgspec.convert(said, AssertionIn))

    return given


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
async def test_a_passkey_signs_the_evidence(make, as_, prepare, register, options, give, algorithm):
    device = Authenticator(algorithm=algorithm)
    sent = await make.sent_contract()
    request = await prepare(sent)
    await register(sent, device)
    asked = await options(sent)
    assert raw(asked["challenge"]).hex() == request.manifest_sha256
    assert asked["userVerification"] == "required"
    contract, evidence = await give(sent, device.get(asked))
    assert contract.state == "signed"
    signature = msgspec.json.decode(evidence.body)["details"]["signature"]
    assert (signature["level"], signature["typed_name"]) == ("advanced", "Jonas Client")
    async with as_() as work:
        chain = (await work.session.scalars(
            select(ContractEvidence).where(ContractEvidence.contract_id == sent.id)
            .order_by(ContractEvidence.seq)
        )).all()  # fmt: skip
    # Anybody can check it again from the chain alone: the manifest is the first entries of it.
    first = chain[: signature["manifest"]["entries"]]
    assert first[-1].kind == "signature_prepared"
    digest = hashlib.sha256(manifest([one.body for one in first])).hexdigest()
    assert digest == signature["manifest"]["sha256"] == request.manifest_sha256
    key = signature["passkey"]
    client = json.loads(raw(key["client_data_json"]))
    assert raw(client["challenge"]).hex() == digest
    signed = raw(key["authenticator_data"]) + hashlib.sha256(raw(key["client_data_json"])).digest()
    public = device.key.public_key()
    if algorithm == "ES256":
        public.verify(raw(key["signature"]), signed, ec.ECDSA(hashes.SHA256()))
    else:
        public.verify(raw(key["signature"]), signed)
    assert raw(key["public_key_cose"]) == device.cose()


def flipped(signature: bytes) -> bytes:
    return signature[:-1] + bytes([signature[-1] ^ 1])


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
async def test_the_verifier_of_the_bundle_checks_the_passkey_itself(
    make, as_, prepare, register, options, give, algorithm
):
    """With its own arithmetic, and each forgery is named."""
    device = Authenticator(algorithm=algorithm)
    sent = await make.sent_contract()
    await prepare(sent)
    await register(sent, device)
    await give(sent, device.get(await options(sent)))
    async with as_() as work:
        rows = await work.session.scalars(
            select(ContractEvidence.body)
            .where(ContractEvidence.contract_id == sent.id)
            .order_by(ContractEvidence.seq)
        )
        told = json.loads(manifest(list(rows)))
    signed = told["entries"][-1]
    assert signed["kind"] == "signed"
    assert verify.check_strength(told, signed) == "passkey"
    key = signed["details"]["signature"]["passkey"]
    for name, value in (
        ("signature", text(flipped(raw(key["signature"])))),
        ("client_data_json", text(raw(key["client_data_json"]).replace(b"guild", b"devil"))),
        ("authenticator_data", text(b"\x00" + raw(key["authenticator_data"])[1:])),
        ("public_key_cose", text(Authenticator(algorithm=algorithm).cose())),
    ):
        right, key[name] = key[name], value
        with pytest.raises(verify.Wrong):
            verify.check_strength(told, signed)
        key[name] = right
    told["entries"][0]["details"]["note"] = "another past"
    with pytest.raises(verify.Wrong, match="manifest"):
        verify.check_strength(told, signed)


def test_the_verifier_knows_rsa_too():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = key.public_key().public_numbers()
    cose, _ = verify.cbor(cbor({
        1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"
    }), 0)  # fmt: skip
    signature = key.sign(b"said", padding.PKCS1v15(), hashes.SHA256())
    assert verify.signed_by_key(cose, b"said", signature)
    assert not verify.signed_by_key(cose, b"else", signature)


async def test_a_passkey_serves_for_the_next_contract(
    make, as_, prepare, register, options, give, device
):
    member = await make.member()
    client = await make.organisation(member)
    one = await make.sent_contract(member, client)
    two = await make.sent_contract(member, client)
    await prepare(one)
    await register(one, device)
    await give(one, device.get(await options(one)))
    await prepare(two)
    contract, _ = await give(two, device.get(await options(two)))
    assert contract.state == "signed"


async def test_the_same_answer_works_once(make, prepare, register, options, give, device):
    sent = await make.sent_contract()
    await prepare(sent)
    await register(sent, device)
    said = device.get(await options(sent))
    await give(sent, said)
    with pytest.raises(Exception, match=r"cannot be answered any more"):
        await give(sent, said)


async def test_an_answer_to_what_was_prepared_before_is_refused(
    make, prepare, register, options, give, device
):
    sent = await make.sent_contract()
    await prepare(sent)
    await register(sent, device)
    said = device.get(await options(sent))
    await prepare(sent, typed_name="Another Name")
    with pytest.raises(PasskeyRefused) as refused:
        await give(sent, said)
    assert "challenge" in refused.value.facts["found"]


async def test_attacks_on_the_passkey(make, prepare, register, options, give, device, as_):
    member = await make.member()
    client = await make.organisation(member)
    sent, other = (
        await make.sent_contract(member, client), await make.sent_contract(member, client),
    )  # fmt: skip
    await prepare(sent)
    await register(sent, device)
    await prepare(other)
    asked, foreign = await options(sent), await options(other)

    async def refused(said, word):
        with pytest.raises(PasskeyRefused) as why:
            await give(sent, said)
        assert word in why.value.facts.get("found", why.value.detail), why.value.facts

    await refused(device.get(foreign), "challenge")  # another document's hash
    device.origin = "https://guild.example.evil"
    await refused(device.get(asked), "origin")
    device.origin = "http://guild.test"
    device.host = "guild.example"
    await refused(device.get(asked), "RP ID")
    device.host = "guild.test"
    device.verifies = False
    await refused(device.get(asked), "verif")
    device.verifies, device.present = True, False
    await refused(device.get(asked), "present")
    device.present = True
    forged = device.get(asked)
    broken = bytearray(raw(forged["response"]["signature"]))
    broken[-1] ^= 1
    forged["response"]["signature"] = text(bytes(broken))
    await refused(forged, "")
    stranger = Authenticator()
    await refused(stranger.get(asked), "not one of yours")
    stolen = Authenticator()
    stolen.id = device.id  # her key's name, another key
    await refused(stolen.get(asked), "signature")
    nonsense = device.get(asked)
    nonsense["response"]["authenticatorData"] = text(b"\x00" * 5)
    await refused(nonsense, "")
    async with as_() as work:
        states = await work.session.scalars(select(ContractSigner.state))
        assert set(states) == {"asked"}
    contract, _ = await give(sent, device.get(asked))
    assert contract.state == "signed", "the honest answer still works"
    cloned = await options(other)
    device.counter = 0
    with pytest.raises(PasskeyRefused) as why:
        await give(other, device.get(cloned))
    assert "sign count" in why.value.facts["found"]


async def test_nobody_registers_a_passkey_without_the_code(make, as_, device, prepare):
    sent = await make.sent_contract()
    client = await make.client_of(sent)
    async with as_(client) as work:
        with pytest.raises(NothingPrepared):
            await commands.ask_contact_passkey(work, "x")
    await prepare(sent)
    async with as_(client) as work:
        _, options = await commands.ask_contact_passkey(work, "x")
    weak = Authenticator()
    weak.verifies = False
    made = msgspec.convert(weak.create(json.loads(options)), NewPasskeyIn)
    async with as_(client) as work:
        with pytest.raises(PasskeyRefused):
            await commands.register_contact_passkey(work, made)
    other = Authenticator(origin="https://evil.example")
    made = msgspec.convert(other.create(json.loads(options)), NewPasskeyIn)
    async with as_(client) as work:
        with pytest.raises(PasskeyRefused):
            await commands.register_contact_passkey(work, made)


async def test_a_prepared_signature_does_not_wait_for_ever(
    make, as_, prepare, register, options, give, device, clock
):
    sent = await make.sent_contract()
    await prepare(sent)
    await register(sent, device)
    said = device.get(await options(sent))
    clock.advance(minutes=16)
    with pytest.raises(NothingPrepared):
        await give(sent, said)


async def member_key(as_, make, member, device):
    async with as_(make.actor(member)) as work:
        asked = PasskeyAskIn(label="laptop", password=make.PASSWORD)
        _, options = await members.ask_own_passkey(work, asked)
    made = msgspec.convert(device.create(json.loads(options)), NewPasskeyIn)
    async with as_(make.actor(member)) as work:
        await members.register_passkey(work, made)


async def send_large(as_, make, member, device):
    draft = await make.contract(member, **large())
    said = PrepareSendingIn(typed_name=member.legal_name, consent=True, version=1)
    async with as_(make.actor(member)) as work:
        request = await commands.prepare_sending(work, draft.id, said)
        challenge = bytes.fromhex(request.manifest_sha256)
        options = json.loads(await member_queries.sign_options(work, challenge))
    assertion = msgspec.convert(device.get(options), AssertionIn)
    return draft, SendIn(typed_name=member.legal_name, consent=True, version=1, assertion=assertion)


async def test_a_high_value_needs_both_passkeys(
    make, as_, answer, prepare, register, options, give, device
):
    member = await make.member()
    mine = Authenticator()
    draft = await make.contract(member, **large())
    plain = SendIn(typed_name=member.legal_name, consent=True, version=1)
    async with as_(make.actor(member)) as work:
        with pytest.raises(LevelTooLow):
            await commands.send_contract(work, draft.id, plain)
    await member_key(as_, make, member, mine)
    draft, said = await send_large(as_, make, member, mine)
    async with as_(make.actor(member)) as work:
        sent = await commands.send_contract(work, draft.id, said)
    async with as_(await make.client_of(sent), read_only=True) as work:
        view, _ = await queries.offer_view(work)
    assert (view.signature_level, view.ways) == ("advanced", ["advanced"])
    data = await answer(sent)
    async with as_(await make.client_of(sent)) as work:
        with pytest.raises(LevelTooLow) as refused:
            await commands.sign_contract(work, data)
    assert refused.value.facts["needed"] == "advanced"
    await prepare(sent)
    await register(sent, device)
    contract, _ = await give(sent, device.get(await options(sent)))
    assert contract.state == "signed"


async def test_the_member_signs_what_she_saw(make, as_, device):
    member = await make.member()
    await member_key(as_, make, member, device)
    draft, said = await send_large(as_, make, member, device)
    async with as_(make.actor(member)) as work:
        await commands.edit_contract(work, draft.id, ContractChange(title="Another title"))
    async with as_(make.actor(member)) as work:
        with pytest.raises(StaleVersion):
            await commands.send_contract(work, draft.id, said)
    stranger = await make.member()
    async with as_(make.actor(stranger)) as work:
        with pytest.raises(Exception, match="No such contract"):
            await commands.send_contract(work, draft.id, said)


# --- providers of identities ---------------------------------------------------------------------


@pytest.fixture
def eid(system, monkeypatch):
    """The house with its own provider for tests."""
    settings = msgspec.structs.replace(system.settings, eid=Eid(provider="loopback"))
    monkeypatch.setattr(system, "settings", settings)
    return loopback_of(settings)


def signed(request, **fields):
    return EidAnswer(**{
        "session": request.id, "status": "signed", "manifest_sha256": request.manifest_sha256,
        "provider": "test-id", "name": "Jonas Client", "subject": "abc", "assurance": "high",
        "signature": "c2lnbmVk", **fields,
    })  # fmt: skip


async def test_eid_is_refused_where_there_is_none(make, prepare):
    sent = await make.sent_contract()
    with pytest.raises(EidNotOffered):
        await prepare(sent, level="eid")


async def test_a_provider_signs(make, as_, prepare, eid, clock):
    sent = await make.sent_contract()
    request = await prepare(sent, level="eid")
    async with as_(await make.client_of(sent), read_only=True) as work:
        url = await queries.eid_url(work, await queries.open_request(work, "eid"))
    query = dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))
    order = eid.read_order(
        query["order"], query["timestamp"], query["signature"].replace("%3D", "=")
    )
    assert (order.session, order.manifest_sha256) == (request.id, request.manifest_sha256)
    headers, body = eid.answer(signed(request), clock())
    for _ in range(2):  # the same answer twice is one signature
        async with as_() as work:
            await commands.take_eid_answer(work, headers, body)
    async with as_() as work:
        rows = await work.session.scalars(
            select(ContractEvidence).where(ContractEvidence.kind == "signed")
        )
        (only,) = rows.all()
        signature = msgspec.json.decode(only.body)["details"]["signature"]
        assert signature["level"] == "eid"
        assert signature["eid"]["name"] == "Jonas Client"
        assert signature["manifest"]["sha256"] == request.manifest_sha256


async def test_attacks_on_the_provider(make, as_, prepare, eid, clock):
    sent = await make.sent_contract()
    request = await prepare(sent, level="eid")
    other = SignedRedirect("http", "https://x.example", "another secret of some length, 32+")

    async def refused(error, headers, body):
        async with as_() as work:
            with pytest.raises(error):
                await commands.take_eid_answer(work, headers, body)

    await refused(EidAnswerRefused, *other.answer(signed(request), clock()))
    headers, body = eid.answer(signed(request), clock())
    await refused(EidAnswerRefused, headers, body.replace(b"Jonas", b"Other"))
    await refused(EidAnswerRefused, *eid.answer(signed(request), clock() - timedelta(minutes=9)))
    await refused(EidAnswerStrange, *eid.answer(signed(request, manifest_sha256="0" * 64), clock()))
    await refused(EidAnswerStrange, *eid.answer(signed(request, session=sent.id), clock()))
    said_no = eid.answer(signed(request, status="refused"), clock())
    async with as_() as work:
        await commands.take_eid_answer(work, *said_no)
    await refused(EidAnswerStrange, *eid.answer(signed(request), clock()))
    async with as_() as work:
        row = (await work.session.scalars(select(SignatureRequest))).one()
        assert row.state == "refused"
