"""Rows of stronger signatures and of what follows: prepared ones, objections, wishes to void."""

import json
from typing import Any

import msgspec

from guild.contracts import commands, queries
from guild.contracts.schemas.signing import ObjectionIn, PrepareIn, PrepareSendingIn, VoidIn
from guild.core.work import begin_work
from guild.members import commands as members
from guild.members import queries as member_queries
from guild.members.schemas.passkeys import NewPasskeyIn, PasskeyAskIn
from tests.authenticator import Authenticator
from tests.factories import Factories

WHY = "It should count as never made."


async def make_levels(world: Any) -> None:
    """Prepared signatures with their devices, one objection, and two wishes to void."""
    await _offers(world)
    await _sending(world)
    await _afterwards(world)


async def _said(world: Any, contract: Any) -> dict[str, Any]:
    """A right signature of the client's, with the code of its mail."""
    code = await world.make.signing_code(contract)
    async with begin_work(world.system, await world.make.client_of(contract)) as work:
        view, _ = await queries.offer_view(work)
    return {
        "version": view.version, "shown_sha256": view.shown_sha256, "code": code,
        "typed_name": "A Client", "role": "Head", "consent": True, "level": "advanced",
    }  # fmt: skip


async def _offers(world: Any) -> None:
    owner, device = world.people["owner"], Authenticator()
    coded = await world.make.sent_contract(owner)
    await world._link("coded_offer", coded, "contract")
    world.rows["prepare"] = await _said(world, coded)
    sent = await world.make.sent_contract(owner)
    await world._link("prepared_offer", sent, "contract")
    said = msgspec.convert(await _said(world, sent), PrepareIn)
    client = await world.make.client_of(sent)
    async with begin_work(world.system, client) as work:
        request = await commands.prepare_signature(work, said)
        _, options = await commands.ask_contact_passkey(work, "telephone")
        made = msgspec.convert(device.create(json.loads(options)), NewPasskeyIn)
        await commands.register_contact_passkey(work, made)
        options = await queries.signing_options(work, request)
        assert options is not None
        world.rows["client_assertion"] = device.get(json.loads(options))
        _, options = await commands.ask_contact_passkey(work, "another")
        world.rows["client_passkey"] = Authenticator().create(json.loads(options))


async def _sending(world: Any) -> None:
    owner, device = world.people["owner"], Authenticator()
    draft = await world.make.contract(owner)
    async with begin_work(world.system, world.make.actor(owner)) as work:
        asked = PasskeyAskIn(label="laptop", password=Factories.PASSWORD)
        _, options = await members.ask_own_passkey(work, asked)
        made = msgspec.convert(device.create(json.loads(options)), NewPasskeyIn)
        world.rows["passkey"] = (await members.register_passkey(work, made)).id
        said = PrepareSendingIn(typed_name=owner.legal_name, consent=True, version=1)
        request = await commands.prepare_sending(work, draft.id, said)
        challenge = bytes.fromhex(request.manifest_sha256)
        signing = await member_queries.sign_options(work, challenge)
        assert signing is not None
        world.rows["member_assertion"] = device.get(json.loads(signing))
        _, options = await members.ask_own_passkey(work, asked)
        world.rows["member_passkey"] = Authenticator().create(json.loads(options))
    world.rows["prepared_draft"] = draft.id


async def _afterwards(world: Any) -> None:
    owner, make = world.people["owner"], world.make
    objected = await make.signed_contract(owner)
    async with begin_work(world.system, await make.client_of(objected)) as work:
        said = ObjectionIn(kind="not_me", text="It was not me.")
        world.rows["signing_objection"] = (await commands.object_to_signing(work, said)).id
    by_member, by_client = await make.signed_contract(owner), await make.signed_contract(owner)
    await world._link("void_by_member", by_member, "contract")
    await world._link("void_by_client", by_client, "contract")
    async with begin_work(world.system, make.actor(owner)) as work:
        await commands.ask_to_void(work, by_member.id, VoidIn(reason=WHY))
    async with begin_work(world.system, await make.client_of(by_client)) as work:
        await commands.ask_to_void(work, None, VoidIn(reason=WHY))
    world.rows |= {"void_by_member": by_member.id, "void_by_client": by_client.id}


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    by_member, by_client = (
        {"contract_id": rows["void_by_member"]}, {"contract_id": rows["void_by_client"]},
    )  # fmt: skip
    objection = {"objection_id": rows["signing_objection"]}
    sending, draft = {"contract_id": rows["prepared_draft"]}, {"contract_id": rows["draft"]}
    passkey = {"passkey_id": rows["passkey"]}
    yes, reason = {"agree": "yes"}, {"reason": WHY}
    asked = {"label": "telephone", "password": Factories.PASSWORD}

    def handed(name: str) -> dict[str, str]:
        return {"credential": json.dumps(rows[name])}

    return {
        "POST /api/v1/offer/signature-request": {"json": rows["prepare"]},
        "POST /api/v1/offer/passkeys": {"json": rows["client_passkey"]},
        "POST /api/v1/offer/passkeys/options": {"json": {"label": "telephone"}},
        "POST /api/v1/offer/passkey-signature": {"json": rows["client_assertion"]},
        "POST /offer/passkey": {"data": handed("client_assertion")},
        "POST /offer/passkey/register": {"data": handed("client_passkey")},
        "POST /offer/objection": {"data": {"kind": "not_me", "text": "It was not me."}},
        "POST /offer/void": {"data": reason},
        "POST /api/v1/offer/void/answer": {"json": {"agree": True}},
        "POST /offer/void/answer": {"data": yes},
        "POST /contracts/{contract_id}/void": {"data": reason},
        "POST /api/v1/contracts/{contract_id}/void/answer": {
            "path": by_client,
            "json": {"agree": True},
        },
        "POST /contracts/{contract_id}/void/answer": {"path": by_client, "data": yes},
        "POST /api/v1/contracts/{contract_id}/void/withdraw": {"path": by_member},
        "POST /contracts/{contract_id}/void/withdraw": {"path": by_member},
        "POST /api/v1/contracts/{contract_id}/signature-request": {
            "path": draft,
            "json": {"typed_name": "A Member", "consent": True, "version": 1},
        },
        "GET /contracts/{contract_id}/send-with-passkey": {"path": sending},
        "POST /contracts/{contract_id}/send-with-passkey": {
            "path": sending,
            "data": handed("member_assertion"),
        },
        "POST /api/v1/signing-objections/{objection_id}/decide": {
            "path": objection,
            "json": {"outcome": "stands", "reasons": "She confirmed it."},
        },
        "POST /signing-objections/{objection_id}/decide": {
            "path": objection,
            "data": {"outcome": "stands", "reasons": "She confirmed it."},
        },
        "POST /api/v1/me/passkeys": {"json": rows["member_passkey"]},
        "POST /me/passkeys": {"data": handed("member_passkey")},
        "POST /api/v1/me/passkeys/options": {"json": asked},
        "POST /me/passkeys/ask": {"data": asked},
        "DELETE /api/v1/me/passkeys/{passkey_id}": {"path": passkey},
        "POST /me/passkeys/{passkey_id}/remove": {"path": passkey},
    }
