"""Self-billing: the mandate, the document of a payout, objection and silence, and the books."""

from typing import Any

import pytest
from sqlalchemy import select

from guild.core.errors import Conflict, IllegalMove, Invalid
from guild.core.ids import InvoiceId, PayoutId, new_id
from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from guild.invoicing import commands
from guild.invoicing.einvoice.build import einvoice_of
from guild.invoicing.einvoice.ubl import ubl_bytes
from guild.invoicing.errors import InvoiceNotFound, NoSelfBillingMandate
from guild.invoicing.models import Invoice, SelfBill
from guild.invoicing.queries import frozen_invoice
from guild.members.commands import approve_numbers, change_details
from guild.members.models import Member
from guild.members.queries import numbers_waiting
from guild.members.schemas import DetailsIn
from tests.features.invoicing.conftest import Bench

BELGIAN = {"vat_number": "BE0403019261", "enterprise_number": "0403019261"}


async def agreed(bench: Bench, **fields: Any) -> Member:
    member = await bench.make.member()
    async with begin_work(bench.system, SYSTEM) as work:
        row = await work.session.get_one(Member, member.id)
        for name, value in {**BELGIAN, **fields}.items():
            setattr(row, name, value)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.sign_mandate(work, member.legal_name.upper(), terms_version=1)
    return member


async def billed(bench: Bench, member: Member, payout: PayoutId | None = None) -> InvoiceId | None:
    lines = [
        commands.BilledLine(invoice_id=InvoiceId(new_id()), number=number, net_minor=minor)
        for number, minor in (("2026-0001", 60_000), ("2026-0002", 30_000))
    ]
    async with begin_work(bench.system, SYSTEM) as work:
        return await commands.self_bill_payout(
            work, payout or PayoutId(new_id()), member.id, "EUR", lines
        )


async def approved(bench: Bench) -> None:
    """A treasurer agrees to the one change of numbers that waits."""
    treasurer = bench.make.actor(await bench.make.member(roles=[Role.TREASURER]))
    async with begin_work(bench.system, treasurer) as work:
        (waiting,) = await numbers_waiting(work)
        await approve_numbers(work, waiting.id)


async def test_a_payout_is_billed_once_in_the_members_own_series(bench: Bench) -> None:
    member, other = await agreed(bench), await agreed(bench)
    payout = PayoutId(new_id())
    first = await billed(bench, member, payout)
    assert first is not None
    assert await billed(bench, member, payout) == first
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await change_details(work, DetailsIn(vat_number="BE0417497106"))
    second = await billed(bench, member)
    theirs = await billed(bench, other)
    assert second is not None
    await approved(bench)
    third = await billed(bench, member)
    assert third is not None
    assert theirs is not None
    async with begin_work(bench.system, SYSTEM) as work:
        numbers = [(await frozen_invoice(work, one)).frozen.number
                   for one in (first, second, theirs)]  # fmt: skip
        said = (await frozen_invoice(work, first)).frozen
        sellers = [(await frozen_invoice(work, one)).frozen.seller.vat_number
                   for one in (first, second, third)]  # fmt: skip
    # A number that waits for a second person stands on nothing yet, and nothing is rewritten.
    assert sellers == ["BE0403019261", "BE0403019261", "BE0417497106"]
    sign = member.id.hex[-6:].upper()
    assert numbers[:2] == [f"SB-{sign}-2026-0001", f"SB-{sign}-2026-0002"]
    assert numbers[2].endswith("-2026-0001")
    assert (said.seller.name, said.buyer.name) == (
        member.legal_name, "Guild Example Cooperative",
    )  # fmt: skip
    assert (said.net_minor, said.vat_minor, said.prepaid_minor, said.payable_minor) == (
        90_000, 18_900, 90_000, 18_900,
    )  # fmt: skip
    ubl = ubl_bytes(einvoice_of(said)).decode()
    assert "poacc:selfbilling:3.0" in ubl
    assert ">389<" in ubl
    assert await bench.balance("vat_receivable") == 4 * 18_900
    assert await bench.balance("member_available", member.id) == 3 * 18_900
    assert await bench.broken() == []


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        ({"vat_exempt": True}, "E"),
        ({"country": "FR", "vat_number": "FR83404833048", "enterprise_number": "404833048"}, "AE"),
    ],
)
async def test_the_tax_is_the_suppliers(
    bench: Bench, fields: dict[str, Any], category: str
) -> None:
    member = await agreed(bench, **fields)
    invoice_id = await billed(bench, member)
    assert invoice_id is not None
    async with begin_work(bench.system, SYSTEM) as work:
        said = (await frozen_invoice(work, invoice_id)).frozen
    assert [row.category for row in said.vat] == [category]
    assert (said.vat_minor, said.payable_minor) == (0, 0)
    assert await bench.balance("vat_receivable") == 0


async def test_without_a_mandate_nothing_is_billed(bench: Bench) -> None:
    member = await bench.make.member()
    assert await billed(bench, member) is None
    member = await agreed(bench)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.revoke_mandate(work, "I bill myself")
    assert await billed(bench, member) is None
    with pytest.raises(NoSelfBillingMandate):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.revoke_mandate(work, "again")


async def test_what_the_rules_refuse_is_told_to_the_office(bench: Bench) -> None:
    member = await agreed(bench)
    async with begin_work(bench.system, SYSTEM) as work:
        (await work.session.get_one(Member, member.id)).vat_number = None
    assert await billed(bench, member) is None
    async with begin_work(bench.system, SYSTEM) as work:
        left = await work.session.scalars(select(Invoice).where(Invoice.member_id == member.id))
        assert left.all() == []
    assert await bench.broken() == []


async def test_signing_is_ones_own_and_whole(bench: Bench) -> None:
    member = await bench.make.member()
    actor = bench.make.actor(member)
    with pytest.raises(Invalid):  # no number to bill under
        async with begin_work(bench.system, actor) as work:
            await commands.sign_mandate(work, member.legal_name, terms_version=1)
    member = await agreed(bench)
    actor = bench.make.actor(member)
    with pytest.raises(Conflict):
        async with begin_work(bench.system, actor) as work:
            await commands.sign_mandate(work, member.legal_name, terms_version=1)
    async with begin_work(bench.system, actor) as work:
        await commands.revoke_mandate(work, "A pause")
    for name, version, refusal in (
        ("Somebody Else", 1, Invalid), (member.legal_name, 2, Conflict)
    ):  # fmt: skip
        with pytest.raises(refusal):
            async with begin_work(bench.system, actor) as work:
                await commands.sign_mandate(work, name, terms_version=version)


async def test_an_objection_takes_it_back(bench: Bench) -> None:
    member = await agreed(bench)
    invoice_id = await billed(bench, member)
    assert invoice_id is not None
    with pytest.raises(InvoiceNotFound):
        async with begin_work(bench.system, bench.make.actor(await agreed(bench))) as work:
            await commands.object_to_self_bill(work, invoice_id, "Not mine")
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        note_id = await commands.object_to_self_bill(work, invoice_id, "The sum is wrong")
    async with begin_work(bench.system, SYSTEM) as work:
        note = (await frozen_invoice(work, note_id)).frozen
        bill = await work.session.get_one(SelfBill, invoice_id)
        invoice = await work.session.get_one(Invoice, invoice_id)
    assert (note.kind, note.type_code, note.total_minor) == ("self_bill_credit", "261", 108_900)
    assert (bill.state, bill.credit_note_id, invoice.state) == ("objected", note_id, "credited")
    assert await bench.balance("vat_receivable") == 0
    assert await bench.balance("member_available", member.id) == 0
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.object_to_self_bill(work, invoice_id, "Again")
    assert await bench.broken() == []


async def test_silence_accepts(bench: Bench, clock: Any) -> None:
    member = await agreed(bench)
    invoice_id = await billed(bench, member)
    for days, accepted in ((14, 0), (1, 1), (0, 0)):
        clock.advance(days=days)
        async with begin_work(bench.system, SYSTEM) as work:
            assert await commands.accept_by_silence(work) == accepted
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.object_to_self_bill(work, InvoiceId(invoice_id or new_id()), "Late")
