"""The lifecycle: every move that the table does not list is refused, by command and by row."""

from datetime import date
from types import SimpleNamespace

import pytest

from guild.contracts import commands, queries
from guild.contracts.models import CONTRACT_LIFECYCLE, MILESTONE_LIFECYCLE
from guild.contracts.schemas import (
    ChangesIn,
    ContractChange,
    DeclineIn,
    SendIn,
    SignIn,
    TerminateIn,
    WithdrawIn,
)
from guild.contracts.schemas.signing import ObjectionIn, VoidAnswerIn, VoidIn
from guild.core.errors import GuildError, IllegalMove


@pytest.mark.parametrize("lifecycle", [CONTRACT_LIFECYCLE, MILESTONE_LIFECYCLE])
def test_each_unlisted_move_is_refused(lifecycle) -> None:
    for state in lifecycle.states:
        for action, (sources, target) in lifecycle.moves.items():
            row = SimpleNamespace(state=state)
            if state in sources:
                lifecycle.move(row, action)
                assert row.state == target
            else:
                with pytest.raises(IllegalMove):
                    lifecycle.move(row, action)
                assert row.state == state


async def reach(make, as_, state):
    """A contract in that state, through the product's own commands."""
    member = await make.member()
    actor = make.actor(member)
    if state in {"draft", "withdrawn"}:
        contract = await make.contract(member)
    elif state in {"signed", "completed", "terminated", "suspended", "void"}:
        contract = await make.signed_contract(member)
    elif state == "applied":
        contract = await applied_amendment(make, as_, member)
    else:
        contract = await make.sent_contract(member)
    if state == "completed":
        for position in (1, 2):
            await make.accept(contract, member, position)
    if state in {"suspended", "void"}:
        await undo(make, as_, actor, contract, state)
    if state in {"withdrawn", "terminated"}:
        async with as_(actor) as work:
            if state == "withdrawn":
                await commands.withdraw_contract(work, contract.id, WithdrawIn())
            else:
                await commands.terminate_contract(work, contract.id, TerminateIn(reason="agreed"))
    if state in {"changes_requested", "declined"}:
        await say_no(make, as_, contract, state)
    return member, contract


async def undo(make, as_, actor, contract, state):
    """A signed contract, objected to or made void by both sides."""
    if state == "suspended":
        async with as_(await make.client_of(contract)) as work:
            said = ObjectionIn(kind="not_me", text="It was not me.")
            await commands.object_to_signing(work, said)
        return
    async with as_(actor) as work:
        await commands.ask_to_void(work, contract.id, VoidIn(reason="Nobody wants it."))
    async with as_(await make.client_of(contract)) as work:
        await commands.answer_voiding(work, None, VoidAnswerIn(agree=True))


async def say_no(make, as_, contract, state):
    """An offer that the client wants otherwise, or not at all."""
    async with as_(await make.client_of(contract)) as work:
        view, _ = await queries.offer_view(work)
        seen = {"version": view.version, "shown_sha256": view.shown_sha256}
        if state == "declined":
            await commands.decline_contract(work, DeclineIn(**seen, reason="price"))
        else:
            await commands.request_contract_changes(work, ChangesIn(**seen, wishes="x"))


async def applied_amendment(make, as_, member):
    """An amendment that both sides have signed."""
    parent = await make.signed_contract(member)
    async with as_(make.actor(member)) as work:
        amendment = await commands.begin_amendment(
            work, parent.id, ContractChange(revision_rounds=1)
        )
        said = SendIn(typed_name="M", consent=True, version=1)
        await commands.send_contract(work, amendment.id, said)
    code = await make.signing_code(amendment)
    async with as_(await make.client_of(amendment)) as work:
        view, _ = await queries.offer_view(work)
        seen = {"version": view.version, "shown_sha256": view.shown_sha256}
        await commands.sign_contract(
            work, SignIn(**seen, code=code, typed_name="A", role="B", consent=True)
        )
    return amendment


def by_member(contract):
    return {
        "edit": lambda w: commands.edit_contract(w, contract.id, ContractChange(title="New")),
        "send": lambda w: commands.send_contract(
            w, contract.id, SendIn(typed_name="M", consent=True, version=contract.version)
        ),
        "withdraw": lambda w: commands.withdraw_contract(w, contract.id, WithdrawIn()),
        "terminate": lambda w: commands.terminate_contract(
            w, contract.id, TerminateIn(reason="other")
        ),
        "sign": lambda w: commands.resend_link(w, contract.id),
    }


def by_client(view):
    seen = {"version": view.version, "shown_sha256": view.shown_sha256}
    return {
        "request_changes": lambda w: commands.request_contract_changes(
            w, ChangesIn(**seen, wishes="x")
        ),
        "decline": lambda w: commands.decline_contract(w, DeclineIn(**seen, reason="other")),
        "sign": lambda w: commands.sign_contract(
            w, SignIn(**seen, code="123456", typed_name="A", role="B", consent=True)
        ),
    }


STATES = [s for s in CONTRACT_LIFECYCLE.states if s != "expired"] + ["expired"]


@pytest.mark.parametrize("state", STATES)
async def test_each_illegal_command_is_refused_and_changes_nothing(make, as_, clock, state):
    if state == "expired":
        member = await make.member()
        contract = await make.sent_contract(member)
        clock.advance(days=20)
        async with as_() as work:
            await commands.expire_offer(work, contract.id)
    else:
        member, contract = await reach(make, as_, state)
    for action, command in by_member(contract).items():
        if not CONTRACT_LIFECYCLE.may(state, action):
            with pytest.raises(IllegalMove):
                async with as_(make.actor(member)) as work:
                    await command(work)
    if state not in {"draft", "withdrawn"}:
        client = await make.client_of(contract)
        async with as_(client) as work:
            view, _ = await queries.offer_view(work)
        for action, command in by_client(view).items():
            if not CONTRACT_LIFECYCLE.may(state, action):
                with pytest.raises(GuildError) as refused:
                    async with as_(client) as work:
                        await command(work)
                assert refused.value.status == 409
    async with as_() as work:
        row = await queries.contract_row(work, contract.id)
        assert row.state == state
        assert row.created_at.date() == date(2026, 11, 23)
