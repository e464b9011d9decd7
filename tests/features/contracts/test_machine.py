"""A state machine of the lifecycle: whatever is tried in whatever order, the rules hold.

Each step is tried by its rightful actor; the machine knows from the table whether it may succeed.
After each step the chain of evidence is whole and all invariants hold.
"""

import asyncio

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from guild.contracts import commands, queries
from guild.contracts.models import CONTRACT_LIFECYCLE
from guild.contracts.queries import INVARIANTS
from guild.contracts.schemas import (
    ChangesIn,
    ContractChange,
    DeclineIn,
    DeliveryChangesIn,
    DeliveryIn,
    SendIn,
    SignIn,
    TerminateIn,
    WithdrawIn,
)
from guild.core.errors import GuildError
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work


class Machine(RuleBasedStateMachine):
    """One contract, one member, one client; `loop`, `make`, `system` and `clock` are the test's."""

    def __init__(self, run, make, system, clock) -> None:
        super().__init__()
        self.run, self.make, self.system, self.clock = run, make, system, clock
        self.member = run(make.member())
        self.contract = run(make.contract(self.member))
        self.state, self.version, self.answer_by = "draft", 1, None
        self.milestones = {1: "planned", 2: "planned"}

    def attempt(self, actor, command):
        """Run a command in a Work of its own; whether it was done or refused as it should be."""

        async def doing():
            async with begin_work(self.system, actor) as work:
                return await command(work)

        try:
            return self.run(doing())
        except GuildError as refused:
            if refused.status not in {404, 409, 422}:
                raise
            return None

    @property
    def by(self):
        return self.make.actor(self.member)

    def seen(self):
        async def look():
            async with begin_work(self.system, await self.make.client_of(self.contract)) as work:
                view, _ = await queries.offer_view(work)
                return {"version": view.version, "shown_sha256": view.shown_sha256}

        return self.run(look()) if self.state != "draft" or self.version > 1 else None

    def step(self, action, done):
        """The command was done exactly when the table allows it."""
        may = CONTRACT_LIFECYCLE.may(self.state, action)
        if action in {"sign", "decline", "request_changes"}:
            may = may and self.clock.moment <= self.answer_by
        assert (done is not None) == may, (action, self.state)
        if may:
            self.state = CONTRACT_LIFECYCLE.moves[action][1]
        return may

    @rule()
    def edit(self):
        former = self.state
        done = self.attempt(
            self.by,
            lambda w: commands.edit_contract(w, self.contract.id, ContractChange(title="Again")),
        )
        if self.step("edit", done) and former == "changes_requested":
            self.version += 1

    @rule()
    def send(self):
        data = SendIn(typed_name="M", consent=True, version=self.version)
        done = self.attempt(self.by, lambda w: commands.send_contract(w, self.contract.id, data))
        if self.step("send", done):
            self.answer_by = self.run(self.deadline())

    async def deadline(self):
        async with begin_work(self.system, SYSTEM) as work:
            return (await queries.contract_view(work, self.contract.id)).answer_by

    @rule()
    def withdraw(self):
        done = self.attempt(
            self.by, lambda w: commands.withdraw_contract(w, self.contract.id, WithdrawIn())
        )
        self.step("withdraw", done)

    @rule(reason=st.sampled_from(["price", "other"]))
    def decline(self, reason):
        self.answer("decline", lambda s: lambda w: commands.decline_contract(
            w, DeclineIn(**s, reason=reason)))  # fmt: skip

    @rule()
    def ask(self):
        self.answer("request_changes", lambda s: lambda w: commands.request_contract_changes(
            w, ChangesIn(**s, wishes="Else")))  # fmt: skip

    @rule()
    def sign(self):
        code = "000000"
        if self.state == "sent" and self.clock.moment <= self.answer_by:
            self.attempt(self.by, lambda w: commands.resend_link(w, self.contract.id))
            code = self.run(self.make.signing_code(self.contract))
        self.answer("sign", lambda s: lambda w: commands.sign_contract(
            w, SignIn(**s, code=code, typed_name="A", role="B", consent=True)))  # fmt: skip

    def answer(self, action, command):
        if self.answer_by is None:
            return
        actor = self.run(self.make.client_of(self.contract))
        done = self.attempt(actor, command(self.seen()))
        self.step(action, done)

    @rule(position=st.sampled_from([1, 2]), accept=st.booleans())
    def deliver(self, position, accept):
        rows = self.run(self.make.milestones(self.contract))
        if not rows:
            return
        milestone = rows[position - 1]
        delivery = self.attempt(
            self.by, lambda w: commands.deliver_milestone(w, milestone.id, DeliveryIn(note="x"))
        )
        fits = self.state == "signed" and self.milestones[position] in {
            "planned", "changes_requested",
        }  # fmt: skip
        assert (delivery is not None) == fits
        if delivery is None:
            return
        self.milestones[position] = "accepted" if accept else "changes_requested"
        client = self.run(self.make.client_of(self.contract, "delivery"))
        changes = DeliveryChangesIn(delivery_id=delivery.id, wishes="y")
        done = self.attempt(
            client,
            lambda w: (
                commands.accept_milestone(w, milestone.id, delivery.id)
                if accept
                else commands.request_milestone_changes(w, milestone.id, changes)
            ),
        )
        assert done is not None
        if set(self.milestones.values()) == {"accepted"}:
            self.state = "completed"

    @rule()
    def terminate(self):
        data = TerminateIn(reason="agreed")
        done = self.attempt(
            self.by, lambda w: commands.terminate_contract(w, self.contract.id, data)
        )
        self.step("terminate", done)

    @rule(days=st.sampled_from([1, 8]))
    def wait(self, days):
        self.clock.advance(days=days)
        if self.state == "sent" and self.clock.moment > self.answer_by:
            self.attempt(SYSTEM, lambda w: commands.expire_offer(w, self.contract.id))
            self.state = "expired"

    @invariant()
    def all_holds(self):
        async def look():
            async with begin_work(self.system, SYSTEM) as work:
                row = await queries.contract_row(work, self.contract.id)
                broken = [text for check in INVARIANTS for text in await check(work.session)]
                return row.state, row.version, broken

        state, version, broken = self.run(look())
        assert (state, version, broken) == (self.state, self.version, [])


@pytest.mark.slow
async def test_the_lifecycle_holds_in_any_order(make, system, clock):
    """Hypothesis runs in a thread; its steps come back to this test's event loop."""
    loop = asyncio.get_running_loop()

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    await asyncio.to_thread(
        run_state_machine_as_test,
        lambda: Machine(run, make, system, clock),
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
