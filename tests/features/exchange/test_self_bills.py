"""Documents in members' names over the network: who receives there gets them, nobody twice."""

from sqlalchemy import select

from guild.core.ids import InvoiceId, PayoutId, new_id
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.exchange import commands, queries
from guild.exchange.models import LoopbackMessage, Transmission
from guild.exchange.schemas import SendAgainIn
from guild.invoicing import commands as invoicing
from guild.members.models import Member
from tests.conftest import Clock
from tests.factories import Factories
from tests.features.exchange.conftest import CLIENT, COOP, invariants_hold, run, transmission

ON_THE_NETWORK = {"vat_number": "BE0403019261", "enterprise_number": "0403019261"}
ELSEWHERE = {"vat_number": "BE0404616494", "enterprise_number": "0404616494"}


async def billed(system: System, clock: Clock, numbers: dict[str, str]) -> tuple[Member, InvoiceId]:
    make = Factories(system)
    member = await make.member()
    async with begin_work(system, SYSTEM) as work:
        row = await work.session.get_one(Member, member.id)
        for name, value in numbers.items():
            setattr(row, name, value)
    async with begin_work(system, make.actor(member)) as work:
        await invoicing.sign_mandate(work, member.legal_name, terms_version=1)
    async with begin_work(system, SYSTEM) as work:
        line = invoicing.BilledLine(
            invoice_id=InvoiceId(new_id()), number="2026-0001", net_minor=60_000
        )
        bill = await invoicing.self_bill_payout(work, PayoutId(new_id()), member.id, "EUR", [line])
    assert bill is not None
    await run(system, clock)
    return member, bill


async def letters_to(system: System, member: Member) -> int:
    return sum(one.to == member.email for one in await Factories(system).letters())


async def test_a_member_on_the_network_receives_it_there(looped: System, clock: Clock) -> None:
    member, bill = await billed(looped, clock, ON_THE_NETWORK)
    row = await transmission(looped, bill)
    assert (row.state, row.channel, row.address) == ("delivered", "peppol", CLIENT)
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        (parcel,) = (await work.session.scalars(select(LoopbackMessage))).all()
    assert (parcel.sender, parcel.receiver, parcel.kind) == (COOP, CLIENT, "self_bill")
    assert b"poacc:selfbilling:3.0" in parcel.ubl
    assert await letters_to(looped, member) == 1  # that it was written
    async with begin_work(looped, Factories(looped).actor(member)) as work:
        note = await invoicing.object_to_self_bill(work, bill, "Not my work")
    await run(looped, clock)
    assert (await transmission(looped, note)).state == "delivered"
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        kinds = list(
            await work.session.scalars(select(LoopbackMessage.kind).order_by(LoopbackMessage.at))
        )
    assert kinds == ["self_bill", "self_bill_credit"]
    await invariants_hold(looped)


async def test_a_member_who_is_not_there_has_it_by_mail_already(
    looped: System, clock: Clock
) -> None:
    member, bill = await billed(looped, clock, ELSEWHERE)
    row = await transmission(looped, bill)
    assert (row.state, row.channel, row.address, row.mail_id) == (
        "by_mail", "mail", member.email, None,
    )  # fmt: skip
    assert await letters_to(looped, member) == 1
    actor = Factories(looped).actor(member)
    async with begin_work(looped, actor, read_only=True) as work:
        shown = await queries.delivery(work, bill)
    assert "under Self-billing" in shown.attempts[0].next_step
    async with begin_work(looped, actor) as work:
        await commands.send_again(work, bill, SendAgainIn(channel="mail"))
    assert (await transmission(looped, bill)).mail_id is not None
    assert await letters_to(looped, member) == 2
    await invariants_hold(looped)


async def test_without_a_gateway_nothing_more_goes_out(system: System, clock: Clock) -> None:
    member, _ = await billed(system, clock, ON_THE_NETWORK)
    async with begin_work(system, SYSTEM, read_only=True) as work:
        assert (await work.session.scalars(select(Transmission))).all() == []
    assert await letters_to(system, member) == 1
    await invariants_hold(system)
