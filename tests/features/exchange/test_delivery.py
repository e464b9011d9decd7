"""How documents go out: the way is chosen, nothing is sent twice, and every end has a next step."""

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from guild.core.errors import IllegalMove
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.exchange import commands, queries
from guild.exchange.commands import sending
from guild.exchange.errors import AddressInvalid, NoGateway, OutcomeUnknown, StillUnderWay
from guild.exchange.gateway.choice import RESOURCE, gateway_of
from guild.exchange.gateway.interface import (
    GatewayAway,
    GatewayRefuses,
    GatewayUnsure,
    Parcel,
    Told,
)
from guild.exchange.gateway.loopback import LoopbackGateway
from guild.exchange.models import TRANSMISSION, LoopbackMessage
from guild.exchange.rules.next_steps import NEXT, REASONS, next_step
from guild.exchange.schemas import SendAgainIn
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.exchange.conftest import (
    CLIENT,
    COOP,
    Looping,
    invariants_hold,
    run,
    transmission,
)


class Odd:
    """A gateway that behaves as told once, and then like the loopback gateway behind it."""

    name = "loopback"

    def __init__(self, system: System, *moods: Exception | str) -> None:
        self.behind = LoopbackGateway(system, own=COOP, partner=CLIENT)
        self.moods = list(moods)
        self.sent: list[Parcel] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)

    async def send(self, parcel: Parcel) -> Told:
        mood = self.moods.pop(0) if self.moods else None
        if isinstance(mood, GatewayAway | GatewayRefuses):
            raise mood
        self.sent.append(parcel)
        told = await self.behind.send(parcel)
        if isinstance(mood, Exception):
            raise mood
        return told


def odd(system: System, *moods: Exception | str) -> Odd:
    made = Odd(system, *moods)
    system.resources[RESOURCE] = made
    return made


async def messages(system: System) -> int:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return await work.session.scalar(select(func.count()).select_from(LoopbackMessage)) or 0


# --- the way -------------------------------------------------------------------------------------


async def test_without_a_gateway_the_mail_goes_out_and_it_is_said(
    system: System, make: Factories, as_: As, clock: Clock
) -> None:
    member = await make.member()
    invoice_id = await make.issued_invoice(member)
    await run(system, clock)
    row = await transmission(system, invoice_id)
    assert (row.state, row.channel) == ("by_mail", "mail")
    linked = [one.to for one in await make.letters() if "/i/" in one.text]
    assert linked == [row.address]
    async with as_(make.actor(member), read_only=True) as work:
        shown = await queries.delivery(work, invoice_id)
    assert "No gateway" in shown.ways
    assert [step.state for step in shown.attempts[0].steps] == ["by_mail"]
    assert shown.may_send_again
    await invariants_hold(system)


async def test_a_client_on_the_network_gets_it_there(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert (row.state, row.channel, row.address) == ("delivered", "peppol", CLIENT)
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        shown = await queries.delivery(work, invoice_id)
        message = await work.session.get(LoopbackMessage, row.id.hex)
    steps = [step.state for step in shown.attempts[0].steps]
    assert steps == ["looking_up", "ready", "sending", "delivered"]
    assert message is not None
    assert message.sender == COOP
    assert b"<cbc:ID>" in message.ubl
    assert not any("/i/" in letter.text for letter in await looped_make.letters())
    await invariants_hold(looped)


async def test_who_is_not_on_the_network_gets_a_mail(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    member = await looped_make.member()
    elsewhere = await looped_make.organisation(
        member, vat_number="BE0202239951", enterprise_number="0202239951"
    )
    invoice_id = await looped_make.issued_invoice(member, elsewhere)
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert (row.state, row.channel) == ("by_mail", "mail")


async def test_a_consumer_is_never_looked_up(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    member = await looped_make.member()
    person = await looped_make.organisation(member, kind="consumer")
    invoice_id = await looped_make.issued_invoice(member, person)
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert row.state == "by_mail"


async def test_a_gateway_that_is_away_is_asked_again_and_then_the_mail_goes(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    gateway = odd(looped)

    async def away(*_: Any) -> bool:
        raise GatewayAway("no connection")

    vars(gateway)["look_up"] = away
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    assert (await transmission(looped, invoice_id)).state == "looking_up"
    for minutes in (3, 11, 31):
        await run(looped, clock, minutes=minutes)
    assert (await transmission(looped, invoice_id)).state == "by_mail"


async def test_the_reference_is_printed_where_the_gateway_wants_it(
    looping: Looping, clock: Clock
) -> None:
    async with looping(reference="printed") as printing:
        invoice_id = await Factories(printing).issued_invoice()
        await run(printing, clock)
        row = await transmission(printing, invoice_id)
        async with begin_work(printing, SYSTEM, read_only=True) as work:
            message = await work.session.get(LoopbackMessage, row.id.hex)
    assert message is not None
    assert b"<cbc:PaymentID>+++" in message.ubl
    assert row.sent_document_id is not None


# --- never twice ---------------------------------------------------------------------------------


async def test_killed_between_call_and_record_it_is_unknown_and_then_found_out(
    looped: System, looped_make: Factories, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the gateway took it: no second call, and the status settles it."""
    gateway = odd(looped)
    record = sending.SEND.record

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt("SIGKILL")

    monkeypatch.setattr(sending.SEND, "record", killed)
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    assert (await transmission(looped, invoice_id)).state == "sending"
    monkeypatch.setattr(sending.SEND, "record", record)
    await run(looped, clock, minutes=1)
    row = await transmission(looped, invoice_id)
    assert row.state == "unknown"
    assert "not sent a second time" in next_step(row.state, row.code)
    async with begin_work(looped, SYSTEM) as work:
        with pytest.raises(OutcomeUnknown):
            await commands.send_again(work, invoice_id, SendAgainIn(channel="mail"))
    await run(looped, clock, minutes=3)
    assert (await transmission(looped, invoice_id)).state == "delivered"
    assert len(gateway.sent) == 1
    assert await messages(looped) == 1
    await invariants_hold(looped)


async def test_a_lost_answer_is_asked_about_never_repeated(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    gateway = odd(looped, GatewayUnsure("no answer: ReadTimeout"))
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    assert (await transmission(looped, invoice_id)).state == "unknown"
    await run(looped, clock, minutes=5)
    assert (await transmission(looped, invoice_id)).state == "delivered"
    assert len(gateway.sent) == 1


async def test_what_never_arrived_is_known_after_an_hour(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    gateway = odd(looped)

    async def lost(parcel: Parcel) -> Told:
        gateway.sent.append(parcel)
        raise GatewayUnsure("the line broke before it arrived")

    vars(gateway)["send"] = lost
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    await run(looped, clock, minutes=5)
    assert (await transmission(looped, invoice_id)).state == "unknown"
    clock.advance(minutes=61)
    async with begin_work(looped, SYSTEM) as work:
        assert await commands.ask_about_open(work) == 1
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert (row.state, row.code) == ("failed", "never_arrived")
    letters = await looped_make.letters()
    assert any("could not be delivered" in letter.subject for letter in letters)
    del vars(gateway)["send"]
    async with begin_work(looped, SYSTEM) as work:
        again = await commands.send_again(work, invoice_id, SendAgainIn())
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert (row.id, row.state) == (again, "delivered")
    await invariants_hold(looped)


async def test_a_gateway_that_did_not_take_it_is_tried_again(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    gateway = odd(looped, GatewayAway("no connection"), GatewayAway("asked to come later (503)"))
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    assert (await transmission(looped, invoice_id)).state == "ready"
    for minutes in (3, 11):
        await run(looped, clock, minutes=minutes)
    assert (await transmission(looped, invoice_id)).state == "delivered"
    assert len(gateway.sent) == 1


async def test_a_gateway_that_stays_away_is_told_to_a_person(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    odd(looped, *(GatewayAway("no connection") for _ in range(8)))
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    for minutes in sending.PAUSES:
        await run(looped, clock, minutes=minutes + 1)
    row = await transmission(looped, invoice_id)
    assert (row.state, row.code) == ("failed", "gateway_away")


async def test_a_document_that_the_gateway_refuses_fails_at_once(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    odd(looped, GatewayRefuses("schematron", "BR-CO-10"))
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert (row.state, row.code) == ("failed", "gateway_refused")
    assert "BR-CO-10" in row.detail


async def test_what_stands_in_sending_for_long_is_unknown(
    looped: System, looped_make: Factories, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if its row of the queue was lost, the schedule finds it."""
    invoice_id = await looped_make.issued_invoice()
    monkeypatch.setattr(sending.SEND, "call", _never)
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert row.state == "sending"
    clock.advance(minutes=11)
    async with begin_work(looped, SYSTEM) as work:
        await commands.ask_about_open(work)
    assert (await transmission(looped, invoice_id)).state == "unknown"


async def _never(*_: Any) -> None:
    raise TimeoutError


# --- another way ---------------------------------------------------------------------------------


async def test_another_way_and_another_address(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    member = await looped_make.member()
    invoice_id = await looped_make.issued_invoice(member)
    actor = looped_make.actor(member)
    await run(looped, clock)
    async with begin_work(looped, actor) as work:
        with pytest.raises(StillUnderWay):
            await commands.send_again(work, invoice_id, SendAgainIn(channel="peppol"))
        with pytest.raises(AddressInvalid):
            await commands.send_again(
                work, invoice_id, SendAgainIn(channel="mail", address="nobody")
            )
        with pytest.raises(AddressInvalid):
            await commands.send_again(work, invoice_id, SendAgainIn(address="a@b.example"))
        await commands.send_again(
            work, invoice_id, SendAgainIn(channel="mail", address="boss@client.example")
        )
    row = await transmission(looped, invoice_id)
    assert (row.state, row.address) == ("by_mail", "boss@client.example")
    assert (await looped_make.letters())[-1].to == "boss@client.example"
    async with begin_work(looped, actor) as work:
        await commands.send_again(
            work, invoice_id, SendAgainIn(channel="peppol", address="0208:0999999922")
        )
    await run(looped, clock)
    row = await transmission(looped, invoice_id)
    assert (row.state, row.code) == ("failed", "not_found")
    async with begin_work(looped, actor, read_only=True) as work:
        shown = await queries.delivery(work, invoice_id)
    assert [one.superseded for one in shown.attempts] == [False, True, True]
    await invariants_hold(looped)


async def test_peppol_without_a_gateway_is_refused(
    system: System, make: Factories, as_: As, clock: Clock
) -> None:
    member = await make.member()
    invoice_id = await make.issued_invoice(member)
    await run(system, clock)
    async with as_(make.actor(member)) as work:
        with pytest.raises(NoGateway):
            await commands.send_again(work, invoice_id, SendAgainIn(channel="peppol"))
    assert gateway_of(system) is None


async def test_a_mail_that_the_server_refused_is_noticed_and_not_repeated_blindly(
    system: System, make: Factories, as_: As, clock: Clock
) -> None:
    member = await make.member()
    client = await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    invoice_id = await make.issued_invoice(member, client)
    await run(system, clock)
    row = await transmission(system, invoice_id)
    async with as_() as work:
        await commands.bounce(work, row.mail_id, code="5.1.1", detail="550 no such user")  # type: ignore[arg-type]
    row = await transmission(system, invoice_id)
    assert (row.state, row.code) == ("bounced", "5.1.1")
    assert "does not exist" in next_step(row.state, row.code)
    told = {letter.to for letter in (await make.letters())[-2:]}
    assert told == {member.email, system.settings.coop.email}
    second = await make.issued_invoice(member, client)
    await run(system, clock)
    assert (await transmission(system, second)).state == "needs_person"
    await invariants_hold(system)


# --- the machine ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "action"), list(itertools.product(TRANSMISSION.states, TRANSMISSION.moves))
)
def test_every_move_is_legal_or_refused(state: str, action: str) -> None:
    row = SimpleNamespace(state=state)
    sources, target = TRANSMISSION.moves[action]
    if state in sources:
        TRANSMISSION.move(row, action)
        assert row.state == target
    else:
        with pytest.raises(IllegalMove):
            TRANSMISSION.move(row, action)
        assert row.state == state


def test_what_may_have_left_never_becomes_ready_again() -> None:
    """No path leads from a state after the call back to one before it, but `wait`."""
    left = {"unknown", "sent", "delivered", "accepted", "refused_by_receiver"}
    before = {"queued", "looking_up", "ready", "sending"}
    for action, (sources, target) in TRANSMISSION.moves.items():
        assert not (left & set(sources) and target in before), action


def test_every_state_has_a_next_step() -> None:
    assert set(NEXT) == set(TRANSMISSION.states)
    for state, code in itertools.product(TRANSMISSION.states, ["", *REASONS]):
        assert len(next_step(state, code)) > 10
