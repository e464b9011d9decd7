"""Drafts with everything that EN 16931 can say, from the wire to the books, and what is refused."""

import datetime as dt
import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Conflict, GuildError
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands, queries
from guild.invoicing.einvoice.build import einvoice_of
from guild.invoicing.einvoice.judge import RuleFolder
from guild.invoicing.einvoice.validator import Validator
from guild.invoicing.errors import EInvoiceRefused, RulesUnavailable
from guild.invoicing.rules.canonical import Attached
from guild.invoicing.rules.checks import own_findings
from guild.invoicing.schemas import DraftChange, DraftTerms, InvoiceOut
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from tests.features.invoicing.conftest import Bench
from tests.features.invoicing.test_einvoice import BELGIAN as BUYER
from tests.features.invoicing.test_einvoice import frozen

WORDS = {
    "text": "Translation, 12,345 words", "quantity": "12345", "unit": "D68",
    "unit_price": "95.0000", "base_quantity": "1000",
    "adjustments": [{"percent": "5.5", "reason": "Returning client", "reason_code": "95"},
                    {"charge": True, "amount": "12.34", "reason": "Over the weekend"}],
}  # fmt: skip
BOOK = {"text": "Printed copies", "quantity": "3", "unit_price": "10.3333",
        "treatment": "reduced", "reduced_percent": "6"}  # fmt: skip
BACK = {"text": "Sample returned", "quantity": "-1", "unit_price": "15"}
WHOLE = [
    {"percent": "2", "reason": "Paid within a week", "reason_code": "95"},
    {"charge": True, "amount": "5.00", "reason": "Freight", "treatment": "reduced",
     "reduced_percent": "6"},
]  # fmt: skip


def terms(**given: Any) -> DraftTerms:
    return msgspec.convert(json.loads(json.dumps(given)), DraftTerms)


async def drafted(bench: Bench, **given: Any) -> tuple[InvoiceId, InvoiceOut]:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member, terms=terms(**given))
    return invoice_id, await shown(bench, invoice_id)


async def shown(bench: Bench, invoice_id: InvoiceId) -> InvoiceOut:
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        return await queries.get_invoice(work, invoice_id)


async def issue(bench: Bench, invoice_id: InvoiceId) -> Any:
    async with begin_work(bench.system, SYSTEM) as work:
        return await commands.issue_invoice(work, invoice_id)


async def test_free_lines_allowances_and_charges_add_up(bench: Bench) -> None:
    invoice_id, draft = await drafted(bench, lines=[WORDS, BOOK, BACK], adjustments=WHOLE)
    assert [line.net for line in draft.lines] == ["1120.62", "31.00", "-15.00"]
    assert draft.lines[0].base_quantity == "1000"
    assert [one.amount for one in draft.lines[0].adjustments] == ["64.50", "12.34"]
    assert (draft.lines_total, draft.allowances, draft.charges) == ("1136.62", "22.11", "5.00")
    assert (draft.net, draft.vat_total, draft.total) == ("1119.51", "229.70", "1349.21")
    assert [(row.percent, row.taxable, row.vat) for row in draft.vat] == [
        ("21", "1083.51", "227.54"), ("6", "36.00", "2.16"),
    ] or [(row.percent, row.taxable, row.vat) for row in draft.vat] == [
        ("6", "36.00", "2.16"), ("21", "1083.51", "227.54"),
    ]  # fmt: skip
    issued = await issue(bench, invoice_id)
    assert issued.total == "1349.21"
    assert await bench.balance("vat_payable") == 22_970
    assert await bench.broken() == []


async def test_free_lines_stand_after_the_milestones(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    draft = await shown(bench, invoice_id)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        change = msgspec.convert({"row_version": draft.row_version, "lines": [BACK]}, DraftChange)
        await commands.edit_draft(work, invoice_id, change)
    changed = await shown(bench, invoice_id)
    assert [line.net for line in changed.lines] == ["400.00", "600.00", "-15.00"]
    assert changed.total == "1191.85"
    assert changed.lines[0].milestone_id is not None
    assert changed.lines[2].milestone_id is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"lines": [{**BACK, "quantity": "0"}]}, "lines.0.quantity"),
        ({"lines": [{**WORDS, "base_quantity": "0"}]}, "lines.0.base_quantity"),
        ({"lines": [{**BOOK, "reduced_percent": None}]}, "lines.0.reduced_percent"),
        ({"lines": [{**BOOK, "reduced_percent": "7"}]}, "reduced_percent"),
        ({"lines": [{**BACK, "adjustments": [{"reason": "x"}]}]}, "lines.0.adjustments.0.amount"),
        ({"adjustments": [{"reason": "x", "amount": "1.00", "percent": "2"}]},
         "adjustments.0.amount"),
        ({"adjustments": [{"reason": "x", "percent": "100.1"}]}, "adjustments.0.percent"),
        ({"lines": [{**BACK, "adjustments": [{"reason": "x", "amount": "1", "treatment":
                                              "zero_rated"}]}]}, "lines.0.adjustments.0.treatment"),
        ({"period": {"first": "2026-11-20", "last": "2026-11-01"}}, "period.last"),
        ({"delivered_on": "2026-11-24"}, "delivered_on"),
        ({"exchange": {"currency": "EUR", "rate": "1", "on": "2026-11-20", "source": "ECB"}},
         "exchange.currency"),
        ({"exchange": {"currency": "USD", "rate": "1", "on": "2026-11-20", "source": "ECB"}},
         "exchange.currency"),
        ({"note": "An emoji \U0001f600"}, "note"),
        ({"supply": "real_estate"}, "place_country"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_with_its_field(
    bench: Bench, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(GuildError) as refused:
        await drafted(bench, **given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("given", "rule", "field"),
    [
        ({"lines": [{**BACK, "quantity": "1", "unit": "WRD"}]}, "BR-CL-23", "lines"),
        ({"adjustments": [{"reason": "x", "amount": "1.00", "reason_code": "QQ"}]},
         "BR-CL-19", "adjustments"),
        ({"adjustments": [{"reason": "x", "amount": "1.00", "treatment": "zero_rated"}]},
         "BR-S-08", "adjustments"),
        ({"prepaid": "99999.00"}, "BR-CO-16", "prepaid"),
        ({"treatment": "outside_scope", "lines": [BOOK, {**BACK, "quantity": "1"}]},
         "BR-O-02", "treatment"),
    ],
)  # fmt: skip
async def test_a_broken_rule_is_said_in_plain_words_before_the_number(
    bench: Bench, given: dict[str, Any], rule: str, field: str
) -> None:
    invoice_id, _ = await drafted(bench, **given)
    with pytest.raises(EInvoiceRefused) as refused:
        await issue(bench, invoice_id)
    broken: Any = refused.value.facts["broken"]
    found = {one["rule"]: one for one in broken}
    assert found[rule]["field"] == field
    assert found[rule]["mend"]
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        verdict = await commands.check_draft(work, invoice_id)
    assert not verdict.passed
    assert rule in {one.rule for one in verdict.broken}
    assert (await shown(bench, invoice_id)).number is None


async def test_a_verdict_stands_for_its_content_only(bench: Bench) -> None:
    invoice_id, _ = await drafted(bench, lines=[BACK, WORDS])
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.validate_draft(work, invoice_id)
    shared = bench.system.resources["invoicing.validator"]
    bench.system.resources["invoicing.validator"] = Validator(
        RuleFolder(path="/nowhere", pins={"PEPPOL-EN16931-UBL.xslt": "0" * 64})
    )
    try:
        draft = await shown(bench, invoice_id)
        async with begin_work(bench.system, SYSTEM) as work:
            member = (await queries.frozen_invoice(work, invoice_id)).member_id
            assert member
            change = msgspec.convert(
                {"row_version": draft.row_version, "note": "Changed"}, DraftChange
            )
            await commands.edit_draft(work, invoice_id, change)
        with pytest.raises(RulesUnavailable, match="missing"):
            await issue(bench, invoice_id)  # the new content was never judged
        draft = await shown(bench, invoice_id)
        async with begin_work(bench.system, SYSTEM) as work:
            change = msgspec.convert({"row_version": draft.row_version, "note": ""}, DraftChange)
            await commands.edit_draft(work, invoice_id, change)
        assert (await issue(bench, invoice_id)).number  # this content had passed
    finally:
        bench.system.resources["invoicing.validator"] = shared


async def test_vat_in_another_currency_needs_its_rate(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True, currency="USD")
    invoice_id = await bench.draft(contract, member)
    with pytest.raises(EInvoiceRefused) as refused:
        await issue(bench, invoice_id)
    assert refused.value.field == "exchange"
    draft = await shown(bench, invoice_id)
    rate = {"currency": "EUR", "rate": "0.9213", "on": "2026-11-20", "source": "ECB"}
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        change = msgspec.convert({"row_version": draft.row_version, "exchange": rate}, DraftChange)
        await commands.edit_draft(work, invoice_id, change)
    changed = await shown(bench, invoice_id)
    assert changed.exchange is not None
    assert (changed.vat_total, changed.exchange.vat_total) == ("210.00", "193.47")
    await issue(bench, invoice_id)
    assert await bench.broken() == []


async def test_cash_is_rounded_to_five_cents_and_credited_whole(bench: Bench) -> None:
    odd = {"text": "Odd", "unit_price": "10.01"}
    invoice_id, draft = await drafted(bench, lines=[odd], round_to_five=True)
    assert (draft.total, draft.rounding, draft.payable, draft.open) == (
        "12.11", "-0.01", "12.10", "0.00",
    )  # fmt: skip
    await issue(bench, invoice_id)
    assert (await shown(bench, invoice_id)).open == "12.10"
    assert await bench.broken() == []
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.credit_invoice(work, invoice_id, "Not delivered")
    credited = await shown(bench, invoice_id)
    assert (credited.state, credited.open) == ("credited", "0.00")
    assert await bench.balance("rounding") == 0
    assert await bench.broken() == []


async def test_what_was_prepaid_comes_from_the_client_s_account(bench: Bench) -> None:
    invoice_id, draft = await drafted(bench, lines=[{**BACK, "quantity": "10"}], prepaid="100.00")
    assert (draft.total, draft.prepaid, draft.payable) == ("181.50", "100.00", "81.50")
    with pytest.raises(Conflict, match="on account"):
        await issue(bench, invoice_id)
    async with begin_work(bench.system, SYSTEM) as work:
        money = Money(10_000, "EUR")
        await ledger.post(
            work, kind="client_credit", text="Paid ahead",
            lines=[debit("suspense", money), credit("client_credit", money, draft.client_id)],
        )  # fmt: skip
    await issue(bench, invoice_id)
    issued = await shown(bench, invoice_id)
    assert (issued.state, issued.paid, issued.open) == ("partly_paid", "100.00", "81.50")
    assert await bench.balance("client_credit", draft.client_id) == 0
    assert await bench.broken() == []


@pytest.mark.parametrize(
    "twin",
    [
        "UPDATE invoice_line SET net_minor = net_minor + 1 WHERE position = 1",
        "UPDATE invoice_adjustment SET amount_minor = amount_minor + 1 WHERE position = 1",
        "UPDATE invoice_vat SET vat_minor = vat_minor + 1 WHERE rate_milli = 21000",
        "UPDATE invoice_vat SET taxable_minor = taxable_minor - 1 WHERE rate_milli = 6000",
        (
            "UPDATE invoice SET lines_minor = lines_minor + 1, net_minor = net_minor + 1, "
            "total_minor = total_minor + 1, payable_minor = payable_minor + 1"
        ),
        (
            "UPDATE invoice SET allowances_minor = allowances_minor + 1, charges_minor = "
            "charges_minor + 1"
        ),
    ],
)
async def test_the_database_reckons_every_sum_again(bench: Bench, twin: str) -> None:
    """A draft falsified in the tables is found by the invariants and cannot be issued."""
    invoice_id, _ = await drafted(bench, lines=[WORDS, BOOK], adjustments=WHOLE)
    async with begin_work(bench.system, SYSTEM) as work:
        await work.session.execute(text(twin))
    assert any("wrong" in line for line in await bench.broken())
    with pytest.raises(DBAPIError, match="does not add up"):
        async with begin_work(bench.system, SYSTEM) as work:
            await work.session.execute(
                text(
                    "UPDATE invoice SET state = 'issued', number = 'X', sequence = 1, "
                    "series_year = 2026, issued_on = '2026-11-23', due_on = '2026-11-23', "
                    "seller = '{}', buyer = '{}', issued_at = now() WHERE id = :id"
                ),
                {"id": invoice_id},
            )


def test_numbers_dates_kinds_and_characters_are_checked_by_the_house() -> None:
    wrong = msgspec.structs.replace(
        einvoice_of(frozen()),
        buyer=msgspec.structs.replace(BUYER, vat_number="BE0403019262"),
        due_on=dt.date(2026, 11, 1),
        note="\U0001f600",
        attachments=(
            Attached(name="run.exe", media_type="application/x-dosexec", description="",
                     sha256="00"),
        ),
    )  # fmt: skip
    found = {one.rule: one.field for one in own_findings(wrong, home_currency="CHF")}
    assert found == {
        "GUILD-VAT-NUMBER": "client.vat_number", "BR-CO-25": "due_on", "GUILD-EXCHANGE": "exchange",
        "BR-CL-24": "attachments", "GUILD-CHARACTERS": "note",
    }  # fmt: skip
    assert own_findings(einvoice_of(frozen()), home_currency="EUR") == []
