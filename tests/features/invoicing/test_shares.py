"""One invoice of several members: stated, agreed, issued, paid, credited; the books after each."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Conflict, IllegalMove, Invalid
from guild.core.ids import InvoiceId
from guild.core.money import Money, allocate
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.documents.layout import render_html
from guild.governance.queries import charter_at
from guild.invoicing import commands, queries
from guild.invoicing.commands.printing import sheet_of
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Payment
from guild.invoicing.queries.documents import document_data
from guild.invoicing.queries.shares import shares_on
from guild.invoicing.schemas import DraftChange
from guild.invoicing.schemas.drafts import LineIn
from guild.invoicing.schemas.shares import ShareIn, SharesIn, SharesOut
from guild.ledger import queries as ledger_queries
from guild.ledger.chart import POTS, Account
from guild.members.models import Member
from guild.mutual_fund import commands as fund
from guild.mutual_fund import queries as fund_queries
from guild.receivables import commands as receivables
from guild.treasury.queries.invariants import (
    payouts_take_what_they_say,
    shares_make_what_was_paid,
)
from guild.treasury.queries.money import member_money
from guild.treasury.queries.whereabouts import whereabouts
from tests.conftest import Clock
from tests.features.invoicing.conftest import Bench
from tests.features.mutual_fund.court import endow

DAY = dt.date(2026, 11, 23)
PROOFS = [
    *ledger_queries.INVARIANTS, *queries.INVARIANTS, *fund_queries.INVARIANTS,
    shares_make_what_was_paid, payouts_take_what_they_say,
]  # fmt: skip


class Crew:
    """Ada drafted an invoice of 1,000.00 (1,210.00 with VAT); Ben and Cyd worked on it too."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.make = bench.make

    async def draft(self) -> "Crew":
        self.ada, self.ben, self.cyd = [await self.make.member() for _ in range(3)]
        self.contract, _ = await self.bench.accepted(self.ada, both=True)
        self.invoice_id = await self.bench.draft(self.contract, self.ada)
        return self

    def bps(self, *parts: int) -> SharesIn:
        members = (self.ada, self.ben, self.cyd)
        return SharesIn(
            tuple(ShareIn(member_id=one.id, bps=bps) for one, bps in zip(members, parts))  # noqa: B905
        )

    async def share(self, data: SharesIn, by: Member | None = None) -> SharesOut:
        async with begin_work(self.bench.system, self.make.actor(by or self.ada)) as work:
            await commands.share_draft(work, self.invoice_id, data)
            return await shares_on(work, self.invoice_id)

    async def agree(self, *members: Member) -> None:
        for one in members:
            async with begin_work(self.bench.system, self.make.actor(one)) as work:
                await commands.agree_to_share(work, self.invoice_id)

    async def issue(self) -> None:
        async with begin_work(self.bench.system, self.make.actor(self.ada)) as work:
            await commands.issue_invoice(work, self.invoice_id)

    async def issued(self, *parts: int) -> "Crew":
        await self.draft()
        await self.share(self.bps(*parts))
        await self.agree(*(self.ben, self.cyd)[: len(parts) - 1])
        await self.issue()
        return self

    async def pay(self, amount: str) -> None:
        async with begin_work(self.bench.system, SYSTEM) as work:
            await commands.record_payment(
                work, self.invoice_id, Money.parse(amount, "EUR"), Account("suspense"), DAY
            )

    async def credit(self, net: str | None = None) -> InvoiceId:
        async with begin_work(self.bench.system, self.make.actor(self.ada)) as work:
            note = await commands.credit_invoice(
                work, self.invoice_id, "Agreed with the client",
                net=Money.parse(net, "EUR") if net else None,
            )  # fmt: skip
            return note.id

    async def shares(self) -> SharesOut:
        async with begin_work(self.bench.system, SYSTEM) as work:
            return await shares_on(work, self.invoice_id)

    async def books(self) -> dict[str, tuple[int, int]]:
        """What waits for each, and what each can be paid."""
        return {
            name: (
                await self.bench.balance("member_pending", one.id),
                await self.bench.balance("member_available", one.id),
            )
            for name, one in (("ada", self.ada), ("ben", self.ben), ("cyd", self.cyd))
        }

    async def pots(self) -> int:
        return sum([await self.bench.balance(pot) for pot in POTS])

    async def sound(self) -> None:
        async with begin_work(self.bench.system, SYSTEM, read_only=True) as work:
            wrong = [line for check in PROOFS for line in await check(work.session)]
        assert wrong == []


@pytest.fixture
def crew(bench: Bench) -> Crew:
    return Crew(bench)


async def test_a_shared_invoice_waits_until_everybody_has_agreed(crew: Crew) -> None:
    await crew.draft()
    said = await crew.share(crew.bps(5_000, 3_333, 1_667))
    assert [(one.net, one.state, one.drafted) for one in said.shares] == [
        ("500.00", "agreed", True), ("333.30", "asked", False), ("166.70", "asked", False),
    ]  # fmt: skip
    assert (said.agreed, said.fits) == (False, True)
    letters = await crew.make.letters()
    asked = [one for one in letters if "Your share of an invoice" in one.subject]
    assert {one.to for one in asked} == {crew.ben.email, crew.cyd.email}
    assert any("€333.30 of €1,000.00 before tax" in one.text for one in asked)
    with pytest.raises(Conflict, match=f"{crew.ben.display_name}"):
        await crew.issue()
    await crew.agree(crew.ben)
    async with begin_work(crew.bench.system, crew.make.actor(crew.cyd)) as work:
        await commands.decline_share(work, crew.invoice_id, "I did half of it")
    said = await crew.shares()
    assert (said.shares[2].state, said.shares[2].reason) == ("declined", "I did half of it")
    assert any("I did half" in one.text and one.to == crew.ada.email
               for one in await crew.make.letters())  # fmt: skip
    with pytest.raises(Conflict):
        await crew.issue()
    # Ada states it anew; Ben's part is the same, so that he is not asked again.
    said = await crew.share(crew.bps(3_334, 3_333, 3_333))
    assert [one.state for one in said.shares] == ["agreed", "agreed", "asked"]
    await crew.agree(crew.cyd)
    await crew.issue()
    assert (await crew.shares()).agreed
    assert await crew.books() == {"ada": (33_340, 0), "ben": (33_330, 0), "cyd": (33_330, 0)}
    with pytest.raises(IllegalMove):
        await crew.share(crew.bps(5_000, 5_000))
    with pytest.raises(IllegalMove):
        await crew.agree(crew.ben)
    await crew.sound()


async def test_each_gets_her_part_less_the_levy_on_it(crew: Crew) -> None:
    await crew.issued(5_000, 3_333, 1_667)
    await crew.pay("400.00")
    await crew.pay("0.01")
    await crew.pay("809.99")
    # 6.5 % of each part: 32.50, 21.66, 10.84 (half up).
    assert await crew.books() == {"ada": (0, 46_750), "ben": (0, 31_164), "cyd": (0, 15_586)}
    assert await crew.pots() == 6_500
    assert await crew.bench.balance("receivable", crew.contract.client_id) == 0
    said = await crew.shares()
    assert [(one.pending, one.released) for one in said.shares] == [
        ("0.00", "500.00"), ("0.00", "333.30"), ("0.00", "166.70"),
    ]  # fmt: skip
    await crew.sound()


async def test_the_sheet_names_all_whose_work_it_is(crew: Crew) -> None:
    await crew.issued(5_000, 3_333, 1_667)
    async with begin_work(crew.bench.system, SYSTEM, read_only=True) as work:
        (stored,) = await document_data(work, [crew.invoice_id])
        sheet = sheet_of(stored, await charter_at(work), None, work.settings)
        page = await queries.invoice_page(work, crew.invoice_id)
    names = [one.display_name for one in (crew.ada, crew.ben, crew.cyd)]
    assert sheet.worker == page.worker == f"{names[0]}, {names[1]} and {names[2]}"
    parts = [(one.name, one.minor) for one in sheet.shares if one.code == "member"]
    assert parts == list(zip(names, (46_750, 31_164, 15_586), strict=True))
    assert sum(one.minor for one in sheet.shares) == sheet.gross_minor
    for lang, words in (
        ("en", "a part of"),
        ("fr", "sa part"),
        ("nl", "deel van het werk"),
        ("de", "Teil"),
    ):
        again = msgspec.structs.replace(sheet, lang=lang)
        html = render_html("invoicing/invoice_print.html", {"sheet": again})
        assert all(name in html for name in names)
        assert html.count(words) == 3


async def test_where_each_ones_part_went(crew: Crew) -> None:
    await crew.issued(5_000, 3_333, 1_667)
    await crew.pay("605.00")
    for one, net, yours in ((crew.ada, "250.00", "233.75"), (crew.ben, "166.65", "155.82")):
        async with begin_work(crew.bench.system, crew.make.actor(one), read_only=True) as work:
            (where,) = await whereabouts(work, one.id, "EUR")
            money = await member_money(work)
        assert (where.received, where.vat, where.net, where.yours) == (
            "605.00", "105.00", net, yours,
        )  # fmt: skip
        others = Money.parse("500.00", "EUR") - Money.parse(net, "EUR")
        assert where.co_workers == others.text
        (coming,) = money.coming
        assert coming.net.text == net  # half is still to come
        async with begin_work(crew.bench.system, crew.make.actor(one), read_only=True) as work:
            paid_in = (await fund_queries.my_coverage(work)).contributed
        assert Money.parse(paid_in, "EUR") == Money.parse(net, "EUR") - Money.parse(yours, "EUR")


@pytest.mark.parametrize("paid", [None, "605.00", "0.01", "1210.00"])
async def test_credit_notes_take_back_in_the_same_proportion(crew: Crew, paid: str | None) -> None:
    await crew.issued(5_000, 3_333, 1_667)
    if paid:
        await crew.pay(paid)
    note_id = await crew.credit("300.00")
    async with begin_work(crew.bench.system, SYSTEM) as work:
        note = await shares_on(work, note_id)
    assert [one.net for one in note.shares] == ["150.00", "99.99", "50.01"]
    await crew.sound()
    await crew.credit("0.07")
    await crew.sound()
    await crew.credit()
    assert set((await crew.books()).values()) == {(0, 0)}
    assert await crew.pots() == 0
    assert await crew.bench.balance("vat_payable") == 0
    said = await crew.shares()
    assert [(one.credited, one.pending, one.released) for one in said.shares] == [
        (part, "0.00", "0.00") for part in ("500.00", "333.30", "166.70")
    ]
    await crew.sound()


async def test_a_payment_that_is_taken_back_comes_from_each_as_it_went(crew: Crew) -> None:
    await crew.issued(5_000, 3_333, 1_667)
    await crew.pay("100.01")
    before = await crew.books()
    await crew.pay("333.33")
    async with begin_work(crew.bench.system, SYSTEM) as work:
        payments = (await work.session.scalars(select(Payment).order_by(Payment.id))).all()
        await commands.reverse_payment(
            work, payments[-1].id, to=Account("suspense"), cause="returned",
            reason="The bank took it back", on=DAY,
        )  # fmt: skip
    assert await crew.books() == before
    await crew.sound()


async def test_a_payment_taken_back_in_parts_leaves_nobody_a_cent(crew: Crew) -> None:
    await crew.issued(5_000, 3_333, 1_667)
    before = await crew.books()
    await crew.pay("333.33")
    for cents in (1, 11_111, 7, None):
        async with begin_work(crew.bench.system, SYSTEM) as work:
            payment = (await work.session.scalars(select(Payment))).one()
            await commands.reverse_payment(
                work, payment.id, to=Account("suspense"), cause="returned",
                reason="The bank took back a part", on=DAY,
                amount=None if cents is None else Money(cents, "EUR"),
            )  # fmt: skip
        await crew.sound()
    assert await crew.books() == before


async def test_what_is_given_up_is_given_up_by_each_and_can_come_back(crew: Crew) -> None:
    await crew.issued(6_000, 4_000)
    await crew.pay("605.00")
    async with begin_work(crew.bench.system, SYSTEM) as work:
        gone = await commands.write_off(work, crew.invoice_id, "The client is gone")
    assert (await crew.books())["ben"][0] == 0
    assert [one.written_off for one in (await crew.shares()).shares] == ["300.00", "200.00"]
    await crew.sound()
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await commands.reinstate(work, crew.invoice_id, gone.entry_id)
    assert {name: one[0] for name, one in (await crew.books()).items()} == {
        "ada": 30_000, "ben": 20_000, "cyd": 0,
    }  # fmt: skip
    await crew.sound()


async def test_the_fund_advances_each_members_part(crew: Crew, clock: Clock) -> None:
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await endow(work, "fund_guarantee", 1_000_000)
    await crew.issued(5_000, 3_333, 1_667)
    clock.advance(days=60)
    async with begin_work(crew.bench.system, SYSTEM) as work:
        assert await fund_queries.due_advances(work) == [crew.invoice_id]
        answer = await fund.pay_advance(work, crew.invoice_id)
    assert (answer.guaranteed, answer.up_to_minor) == (True, 93_500)
    assert {name: one[1] for name, one in (await crew.books()).items()} == {
        "ada": 46_750, "ben": 31_164, "cyd": 15_586,
    }  # fmt: skip
    assert await crew.bench.balance("guarantee_advance", crew.invoice_id) == 93_500
    async with begin_work(crew.bench.system, SYSTEM) as work:
        assert not (await fund.pay_advance(work, crew.invoice_id)).guaranteed
        assert await fund_queries.due_advances(work) == []
    await crew.sound()
    # The client pays: the advances come back, nobody is paid twice.
    await crew.pay("605.00")
    await crew.pay("605.00")
    assert await crew.bench.balance("guarantee_advance", crew.invoice_id) == 0
    assert {name: one[1] for name, one in (await crew.books()).items()} == {
        "ada": 46_750, "ben": 31_164, "cyd": 15_586,
    }  # fmt: skip
    await crew.sound()


async def test_an_advance_on_a_shared_invoice_is_given_up_whole(crew: Crew, clock: Clock) -> None:
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await endow(work, "fund_guarantee", 1_000_000)
    await crew.issued(5_000, 5_000)
    clock.advance(days=60)
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await fund.pay_advance(work, crew.invoice_id)
    one, two = [await crew.make.member(roles=("treasurer",)) for _ in range(2)]
    async with begin_work(crew.bench.system, crew.make.actor(one)) as work:
        await fund.ask_write_off(work, crew.invoice_id, "The client is gone for good")
    async with begin_work(crew.bench.system, crew.make.actor(two)) as work:
        await fund.confirm_write_off(work, crew.invoice_id)
    assert await crew.bench.balance("guarantee_advance", crew.invoice_id) == 0
    assert await crew.bench.balance("fund_guarantee") == 1_000_000 - 93_500
    await crew.pay("1210.00")  # late after all: it is the fund's
    assert await crew.bench.balance("member_available", crew.ben.id) == 46_750
    await crew.sound()


async def test_a_change_of_the_draft_asks_again(crew: Crew) -> None:
    await crew.draft()
    await crew.share(crew.bps(7_500, 2_500))
    await crew.agree(crew.ben)
    async with begin_work(crew.bench.system, crew.make.actor(crew.ada)) as work:
        row, _ = await queries.invoice_row(work, crew.invoice_id)
        shown = await queries.get_invoice(work, crew.invoice_id)
        lines = tuple(
            LineIn(text=line.text, unit_price="100", milestone_id=line.milestone_id)
            if hasattr(LineIn, "milestone_id") else LineIn(text=line.text, unit_price="100")
            for line in shown.lines[:1]
        )  # fmt: skip
        await commands.edit_draft(
            work, crew.invoice_id, DraftChange(row_version=row.row_version, lines=lines)
        )
    said = await crew.shares()
    assert [one.state for one in said.shares] == ["agreed", "asked"]
    assert Money.parse(said.shares[1].net, "EUR").minor * 4 == Money.parse(said.net, "EUR").minor
    with pytest.raises(Conflict, match="has not agreed"):
        await crew.issue()
    await crew.agree(crew.ben)
    await crew.issue()
    await crew.sound()


async def test_amounts_that_no_longer_make_the_whole_are_refused(crew: Crew) -> None:
    await crew.draft()
    members = (crew.ada, crew.ben)
    data = SharesIn(
        tuple(ShareIn(email=one.email, amount=a)
              for one, a in zip(members, ("600.00", "400.00"), strict=True))
    )  # fmt: skip
    said = await crew.share(data)
    assert [one.net for one in said.shares] == ["600.00", "400.00"]
    await crew.agree(crew.ben)
    async with begin_work(crew.bench.system, crew.make.actor(crew.ada)) as work:
        row, _ = await queries.invoice_row(work, crew.invoice_id)
        await commands.edit_draft(
            work, crew.invoice_id,
            DraftChange(row_version=row.row_version,
                        lines=(LineIn(text="More", unit_price="5"),)),
        )  # fmt: skip
    assert not (await crew.shares()).fits
    with pytest.raises(Conflict, match="The shares of the members make 1000"):
        await crew.issue()
    with pytest.raises(Conflict):
        await crew.agree(crew.ben)


async def test_what_sharing_refuses(crew: Crew) -> None:
    await crew.draft()
    ada, ben = crew.ada, crew.ben
    gone = await crew.make.member()
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await work.session.execute(
            update(Member).where(Member.id == gone.id).values(state="applicant")
        )
    wrong: list[tuple[ShareIn, ...]] = [
        (ShareIn(member_id=ada.id, bps=5_000), ShareIn(member_id=ben.id, bps=4_999)),
        (ShareIn(member_id=ada.id, amount="500"), ShareIn(member_id=ben.id, amount="500.01")),
        (ShareIn(member_id=ada.id, bps=5_000), ShareIn(member_id=ben.id, amount="500")),
        (ShareIn(member_id=ada.id, bps=5_000), ShareIn(member_id=ada.id, bps=5_000)),
        (ShareIn(member_id=ben.id, bps=5_000), ShareIn(member_id=crew.cyd.id, bps=5_000)),
        (ShareIn(member_id=ada.id, bps=9_999),),
        (ShareIn(member_id=ada.id, bps=5_000), ShareIn(member_id=gone.id, bps=5_000)),
        (ShareIn(member_id=ada.id, bps=5_000), ShareIn(email="nobody@example.org", bps=5_000)),
        (ShareIn(bps=5_000), ShareIn(member_id=ben.id, bps=5_000)),
        (ShareIn(member_id=ada.id), ShareIn(member_id=ben.id, bps=5_000)),
    ]
    for shares in wrong:
        with pytest.raises(Invalid):
            await crew.share(SharesIn(shares))
    with pytest.raises(InvoiceNotFound):  # not her draft
        await crew.share(crew.bps(5_000, 5_000), by=ben)
    with pytest.raises(InvoiceNotFound):  # not named
        await crew.agree(crew.cyd)
    await crew.share(crew.bps(5_000, 5_000))
    with pytest.raises(InvoiceNotFound):  # a co-worker sees it, and does not write it
        await crew.share(crew.bps(1_000, 9_000), by=ben)
    with pytest.raises(Conflict):
        async with begin_work(crew.bench.system, crew.make.actor(ada)) as work:
            await commands.decline_share(work, crew.invoice_id, "Not like this")
    # Alone again: it is issued as any other.
    assert (await crew.share(SharesIn(()))).shares == []
    await crew.issue()
    assert (await crew.books())["ada"] == (100_000, 0)
    await crew.sound()


async def test_each_sees_it_in_her_own_list_and_strangers_do_not(crew: Crew) -> None:
    await crew.draft()
    await crew.share(crew.bps(5_000, 5_000))

    async def listed(member: Member) -> list[Any]:
        async with begin_work(crew.bench.system, crew.make.actor(member), read_only=True) as work:
            sieve = queries.Sieve(mine=True)
            return [one.id for one in (await queries.list_invoices(work, sieve)).items]

    assert await listed(crew.ada) == await listed(crew.ben) == [crew.invoice_id]
    assert await listed(crew.cyd) == []
    with pytest.raises(InvoiceNotFound):
        async with begin_work(crew.bench.system, crew.make.actor(crew.cyd)) as work:
            await shares_on(work, crew.invoice_id)
    await crew.agree(crew.ben)
    with pytest.raises(InvoiceNotFound):  # a co-worker does not issue it
        async with begin_work(crew.bench.system, crew.make.actor(crew.ben)) as work:
            await commands.issue_invoice(work, crew.invoice_id)
    await crew.issue()
    note = await crew.credit()
    assert await listed(crew.ben) == [note, crew.invoice_id]


async def test_the_database_keeps_shares_as_they_were_agreed(crew: Crew) -> None:
    await crew.issued(5_000, 5_000)
    for change in (
        "UPDATE invoice_share SET net_minor = net_minor + 1",
        "DELETE FROM invoice_share",
        "UPDATE invoice SET shared = false",
    ):
        with pytest.raises(DBAPIError):
            async with begin_work(crew.bench.system, SYSTEM) as work:
                await work.session.execute(text(change))
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await work.session.execute(
            text("UPDATE invoice_share SET pending_net_minor = 0 WHERE position = 2")
        )
        wrong = [line for check in queries.INVARIANTS for line in await check(work.session)]
        assert any("shares" in line for line in wrong)
        assert any("wait in the books" in line for line in wrong)
        await work.session.rollback()


async def test_the_page_of_shares_as_people_use_it(crew: Crew, signed_in: Any) -> None:
    await crew.draft()
    ada, ben, cyd = [await signed_in(one) for one in (crew.ada, crew.ben, crew.cyd)]
    at = f"/invoices/{crew.invoice_id}/shares"
    page = await ada.get(f"/invoices/{crew.invoice_id}")
    assert "Share it with co-workers" in page.text
    assert (await ada.get(at)).status_code == 200
    for typed, why in (
        ({"email_1": crew.ben.email, "part_1": "100"}, "between 0 and 100"),
        ({"email_1": crew.ben.email, "part_1": "x"}, "no per cent"),
        ({"email_1": crew.ben.email}, "both"),
        ({"email_1": "a@example.org", "part_1": "10"}, "No active member"),
        ({"by": "amount", "email_1": crew.ben.email, "part_1": "1000.01"}, "nothing for you"),
    ):
        again = await ada.post(at, data=typed)
        assert again.status_code == 422, typed
        assert why in again.text
        assert typed["email_1"] in again.text  # what was typed is kept
    done = await ada.post(at, data={"by": "percent", "email_1": crew.ben.email, "part_1": "33,33"})
    assert done.status_code == 303, done.text
    assert (await cyd.get(at)).status_code == 404
    assert (await cyd.post(f"{at}/agree")).status_code == 404
    assert "shared" in (await ben.get("/invoices")).text
    seen = await ben.get(at)
    assert "€333.30" in seen.text
    assert "I agree" in seen.text
    assert "Ask them" not in seen.text
    short = await ben.post(f"{at}/decline", data={"reason": ""})
    assert short.status_code == 422
    assert (
        await ben.post(f"{at}/decline", data={"reason": "Less than we said"})
    ).status_code == 303
    assert "Less than we said" in (await ada.get(at)).text
    refused = await ada.post(f"/invoices/{crew.invoice_id}/step/issue")
    assert refused.status_code == 409
    assert crew.ben.display_name in refused.text
    await ada.post(at, data={"by": "amount", "email_1": crew.ben.email, "part_1": "400"})
    assert (await ben.post(f"{at}/agree")).status_code == 303
    assert (await ada.post(f"/invoices/{crew.invoice_id}/step/issue")).status_code == 303
    await crew.pay("1210.00")
    where = await ben.get("/money/where")
    assert "Co-workers who share it" in where.text
    assert "374.00" in where.text
    issued = await ben.get(at)
    assert "Everybody agreed" in issued.text
    assert "€400.00" in issued.text


async def test_shares_over_the_api(crew: Crew, signed_in: Any) -> None:
    await crew.draft()
    ada, ben = [await signed_in(one) for one in (crew.ada, crew.ben)]
    at = f"/api/v1/invoices/{crew.invoice_id}/shares"
    assert (await ada.get(at)).json()["shares"] == []
    wanted = {"shares": [{"member_id": str(crew.ada.id), "bps": 6_000},
                         {"email": crew.ben.email, "bps": 3_000}]}  # fmt: skip
    wrong = await ada.post(at, json=wanted)
    assert (wrong.status_code, wrong.json()["detail"]) == (
        422, "The shares make 9,000 basis points; the whole is 10,000.",
    )  # fmt: skip
    wanted["shares"][1]["bps"] = 4_000
    said = (await ada.post(at, json=wanted)).json()
    assert [one["net"] for one in said["shares"]] == ["600.00", "400.00"]
    assert (await ben.post(f"{at}/decline", json={"reason": "Ask me first"})).status_code == 201
    assert (await ben.post(f"{at}/agree")).json()["agreed"]
    assert (await ben.get(f"/api/v1/invoices/{crew.invoice_id}")).json()["shared"]
    refused = await ben.post(at, json={"shares": []})
    assert refused.status_code == 404


async def test_late_interest_follows_the_shares_and_comes_back(crew: Crew, clock: Clock) -> None:
    await crew.issued(5_000, 3_333, 1_667)
    clock.advance(days=38)
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await commands.record_payment(
            work, crew.invoice_id, Money.parse("1210.00", "EUR"), Account("opening"), work.today
        )
    before = await crew.books()
    async with begin_work(crew.bench.system, crew.make.actor(crew.ada)) as work:
        claim_id = await receivables.claim_interest(work, crew.invoice_id)
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await receivables.record_interest_payment(
            work, claim_id, Money(4_278, "EUR"), Account("opening"), work.today
        )
    after = await crew.books()
    hers = [after[one][1] - before[one][1] for one in ("ada", "ben", "cyd")]
    claimed = await crew.bench.balance("legal_pool") + sum(hers)
    assert claimed + (await crew.pots() - 6_500) == 4_278
    assert hers == allocate(sum(hers), [50_000, 33_330, 16_670])
    assert min(hers) > 0
    async with begin_work(crew.bench.system, SYSTEM) as work:
        await receivables.reverse_interest_payment(work, claim_id, "It was another's money")
    assert await crew.books() == before
    await crew.sound()
