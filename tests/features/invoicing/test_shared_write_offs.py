"""What is given up of a shared invoice: by each, back to each, and what is advanced on it."""

import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild import features
from guild.core.ids import WriteOffId
from guild.core.mail import Mail, read_letter
from guild.core.money import Money
from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from guild.invoicing import commands, queries
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, credit, debit
from guild.members.models import Member
from guild.mutual_fund import commands as fund
from guild.mutual_fund import queries as fund_queries
from guild.mutual_fund.models import GuaranteeReservation
from guild.receivables import commands as receivables
from guild.receivables.errors import OwnCase
from guild.receivables.models import WriteOff
from guild.receivables.schemas import ObjectionIn, WriteOffIn
from tests.conftest import Clock
from tests.features.invoicing.conftest import Bench
from tests.features.invoicing.test_shares import Crew
from tests.features.receivables.scene import client_by_link

SHARES = (5_000, 3_333, 1_667)
PAID_WHOLE = {"ada": (0, 46_750), "ben": (0, 31_164), "cyd": (0, 15_586)}


class House(Crew):
    """The crew, with two treasurers who decide about what it gives up."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.system = bench.system

    async def open(self) -> "House":
        self.one, self.two = [await self.make.member(roles=[Role.TREASURER]) for _ in range(2)]
        await self.issued(*SHARES)
        return self

    async def pay(self, amount: str) -> None:
        async with begin_work(self.system, SYSTEM) as work:
            await commands.record_payment(
                work, self.invoice_id, Money.parse(amount, "EUR"), Account("opening"), work.today
            )

    async def endow(self) -> None:
        """The guarantee's pot has 10,000.00 from before."""
        amount = Money(1_000_000, "EUR")
        async with begin_work(self.system, SYSTEM) as work:
            lines = [debit("opening", amount), credit("fund_guarantee", amount)]
            await ledger.post(work, kind="pot_endowed", text="From before", lines=lines)

    async def ask(self, by: Member, amount: str | None) -> WriteOffId:
        wanted = WriteOffIn(reason_code="settlement", reason="Agreed", amount=amount)
        async with begin_work(self.system, self.make.actor(by)) as work:
            return await receivables.ask_write_off(work, self.invoice_id, wanted)

    async def decide(self, by: Member, asked: WriteOffId) -> None:
        async with begin_work(self.system, self.make.actor(by)) as work:
            await receivables.decide_write_off(work, asked, approve=True)

    async def give_up(self, amount: str | None) -> WriteOffId:
        asked = await self.ask(self.one, amount)
        await self.decide(self.two, asked)
        await self.sound()
        return asked

    async def take_back(self, write_off_id: WriteOffId) -> None:
        async with begin_work(self.system, self.make.actor(self.one)) as work:
            await receivables.reinstate(work, write_off_id)
        await self.sound()

    async def given_up(self) -> list[str]:
        return [one.written_off for one in (await self.shares()).shares]

    async def waits(self) -> list[int]:
        return [one[0] for one in (await self.books()).values()]

    async def advance(self) -> tuple[int, list[int]]:
        """What the fund pays now, and what each can be paid after it."""
        async with begin_work(self.system, SYSTEM) as work:
            due = await fund_queries.due_advances(work)
            paid = (await fund.pay_advance(work, self.invoice_id)).up_to_minor if due else 0
        await self.sound()
        return paid, [one[1] for one in (await self.books()).values()]

    async def sound(self) -> None:
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            found = await features.broken_invariants(work, hashed=False)
        assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.fixture
async def house(bench: Bench) -> House:
    return await House(bench).open()


@pytest.fixture
async def funded(bench: Bench) -> House:
    """The same, where the fund can guarantee the order."""
    await House(bench).endow()
    return await House(bench).open()


async def test_a_part_is_given_up_by_what_waits_for_each_and_goes_back_as_it_came(
    house: House,
) -> None:
    await house.pay("100.01")
    before = await house.books()
    made = await house.give_up("302.50")  # 250.00 net
    assert await house.given_up() == ["125.00", "83.32", "41.68"]
    after = await house.waits()
    assert [one[0] - left for one, left in zip(before.values(), after, strict=True)] == [
        12_500, 8_332, 4_168,
    ]  # fmt: skip
    assert await house.bench.balance("vat_on_bad_debts") == 5_250
    second = await house.give_up("0.05")
    await house.pay("333.33")
    waiting = await house.waits()
    await house.take_back(made)
    assert [now - was for now, was in zip(await house.waits(), waiting, strict=True)] == [
        12_500, 8_332, 4_168,
    ]  # fmt: skip
    await house.take_back(second)
    assert await house.given_up() == ["0.00"] * 3
    await house.pay("776.66")
    assert await house.books() == PAID_WHOLE
    assert (await house.pots(), await house.bench.balance("vat_on_bad_debts")) == (6_500, 0)
    await house.sound()


async def test_a_credit_note_takes_back_what_each_has_given_up(house: House) -> None:
    await house.pay("242.00")
    first = await house.give_up("302.50")
    rest = await house.give_up(None)
    assert await house.waits() == [0, 0, 0]
    assert await house.given_up() == ["400.00", "266.64", "133.36"]
    await house.credit("700.00")  # all of the rest, and 150.00 of the first
    assert await house.given_up() == ["50.00", "33.33", "16.67"]
    await house.sound()
    async with begin_work(house.system, SYSTEM) as work:
        states = [(await work.session.get_one(WriteOff, one)).state for one in (first, rest)]
    assert states == ["booked", "credited"]
    await house.take_back(first)
    assert await house.waits() == [5_000, 3_333, 1_667]
    await house.credit()
    assert set((await house.books()).values()) == {(0, 0)}
    said = (await house.shares()).shares
    assert [(one.credited, one.released) for one in said] == [
        ("500.00", "0.00"), ("333.30", "0.00"), ("166.70", "0.00"),
    ]  # fmt: skip
    assert (await house.pots(), await house.bench.balance("vat_payable")) == (0, 0)
    await house.sound()


async def test_each_members_part_is_topped_up_when_more_is_covered(
    funded: House, clock: Clock
) -> None:
    async with await client_by_link(funded, funded.invoice_id) as work:
        said = ObjectionIn(reason_code="defective", text="Not as agreed", amount="242.00")
        objection = await receivables.object_to(work, funded.invoice_id, said)
    made = await funded.give_up("121.00")
    clock.advance(days=9)
    paid, first = await funded.advance()
    assert 0 < paid == sum(first) < 84_150
    assert (await funded.advance())[0] == 0
    async with await client_by_link(funded, funded.invoice_id) as work:
        await receivables.rule_on(work, objection, "withdraw")
    # All but what was given up: 900.00 net less 6.5 % of each part.
    assert await funded.advance() == (84_150 - paid, [42_075, 28_047, 14_028])
    await funded.take_back(made)
    assert await funded.advance() == (9_350, [46_750, 31_164, 15_586])
    assert await funded.advance() == (0, [46_750, 31_164, 15_586])
    assert await funded.bench.balance("guarantee_advance", funded.invoice_id) == 93_500
    await funded.pay("605.00")
    await funded.pay("605.00")
    assert await funded.bench.balance("guarantee_advance", funded.invoice_id) == 0
    assert await funded.books() == PAID_WHOLE
    await funded.sound()


async def test_a_short_promise_is_divided_and_topped_up_as_it_comes_free(
    funded: House, clock: Clock
) -> None:
    async with begin_work(funded.system, SYSTEM) as work:
        promise = await work.session.scalar(select(GuaranteeReservation))
        assert promise is not None
        promise.up_to_minor = 40_000
    clock.advance(days=9)
    assert await funded.advance() == (40_000, [20_000, 13_332, 6_668])
    await funded.pay("605.00")
    paid, held = await funded.advance()
    assert (sum(held), paid) == (46_750 + 40_000, 40_000)
    await funded.pay("605.00")
    assert await funded.books() == PAID_WHOLE
    await funded.sound()


async def test_none_of_those_who_share_it_gives_it_up_alone(house: House) -> None:
    asked = await house.ask(house.ada, "10.00")  # small enough, were it hers alone
    async with begin_work(house.system, SYSTEM) as work:
        row = await work.session.get_one(WriteOff, asked)
        assert (row.state, row.small) == ("asked", False)
    house.make.offices[house.ben.id] = frozenset({Role.TREASURER})
    with pytest.raises(OwnCase):
        await house.decide(house.ben, asked)
    await house.decide(house.one, asked)
    assert await house.given_up() == ["4.13", "2.75", "1.38"]
    await house.sound()


async def test_each_co_worker_reads_of_her_own_part_only(house: House) -> None:
    """Issued, disputed, given up, credited: whoever drafted it knows, the others are told."""
    async with await client_by_link(house, house.invoice_id) as work:
        said = ObjectionIn(reason_code="defective", text="Not as agreed", amount="242.00")
        objection = await receivables.object_to(work, house.invoice_id, said)
    house.make.offices[house.ben.id] = frozenset({Role.REP})
    with pytest.raises(OwnCase):
        async with begin_work(house.system, house.make.actor(house.ben)) as work:
            await receivables.rule_on(work, objection, "dismiss", "It is my money too")
    async with await client_by_link(house, house.invoice_id) as work:
        await receivables.rule_on(work, objection, "withdraw")
    await house.give_up("302.50")
    await house.credit("100.00")
    async with begin_work(house.system, SYSTEM) as work:
        rows = await work.session.scalars(select(Mail).order_by(Mail.id))
        letters = [read_letter(work, one) for one in rows]
    told = [
        (one.subject.partition(" 2026-")[0], one.text) for one in letters
        if one.to == house.ben.email and "2026-0001" in one.subject
    ]  # fmt: skip
    said_to_ben = [re.findall(r"€([\d.]+)", text) for _, text in told]
    assert said_to_ben == [["333.30"]] * 3 + [["83.33"], ["33.33"]], told
    drafter = [one.subject for one in letters if one.to == house.ada.email]
    assert sum("you share" in one for one in drafter) == 0
    assert sum("bjec" in one for one in drafter) == 2


async def test_what_each_gave_up_is_kept_and_counted(house: House) -> None:
    await house.give_up("302.50")
    with pytest.raises(DBAPIError):
        async with begin_work(house.system, SYSTEM) as work:
            await work.session.execute(text("DELETE FROM written_off_share"))
    for wrong in (
        "UPDATE invoice_share SET written_off_net_minor = 1 WHERE position = 1",
        "INSERT INTO written_off_share SELECT entry_id, :stranger, 1 FROM written_off_move",
    ):
        async with begin_work(house.system, SYSTEM) as work:
            said = {"stranger": house.one.id} if ":stranger" in wrong else {}
            await work.session.execute(text(wrong), said)
            found = [line for check in queries.INVARIANTS for line in await check(work.session)]
            assert any("given up" in line or "its members'" in line for line in found), found
            await work.session.rollback()
