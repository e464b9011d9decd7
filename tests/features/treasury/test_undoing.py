"""Several invoices in one transfer, undone matches, chargebacks, rules, and the proof."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, BankRuleId
from guild.core.mail import Mail
from guild.core.work import Work, begin_work
from guild.invoicing.models import Invoice, PaymentReversal
from guild.ledger.errors import BelowZero
from guild.treasury import commands, queries
from guild.treasury.errors import (
    EntryAlreadyExplained,
    MatchTooLarge,
    NothingToUndo,
    RuleRefused,
    SecondPersonNeeded,
)
from guild.treasury.rules.bank_rules import RuleAction, RuleConditions
from guild.treasury.schemas import (
    BankEntryOut,
    BankRuleIn,
    BankRuleOut,
    BankRuleSwitchIn,
    DecideUndoIn,
    ExplainIn,
    PartIn,
    SetAsideIn,
    SplitIn,
    TakesBackIn,
    UndoIn,
    UndoOut,
)
from tests.camt import Move
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import confirm, entries, held, pays, row

T = TypeVar("T")


async def by(desk: Desk, which: int, do: Callable[[Work], Awaitable[T]]) -> T:
    """A treasurer does something in a Work of her own."""
    async with begin_work(desk.system, desk.treasurer(which)) as work:
        return await do(work)


async def twin_invoices(desk: Desk) -> tuple[Invoice, Invoice]:
    """Two issued invoices of one client, 1,210.00 and 605.00."""
    first = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    second = await row(desk, await desk.invoice("500.00", "Proef & Zoon bv", again=True))
    return first, second


# -- several invoices in one transfer -----------------------------------------------------------


async def test_one_transfer_pays_two_invoices_that_it_names(desk: Desk) -> None:
    first, second = await twin_invoices(desk)
    said = f"Invoices {first.number} and {second.number}"
    await desk.bring_in(desk.statement(pays(181_500, None, "Proef & Zoon", text=said)))
    (entry,) = await entries(desk)
    offered = await by(desk, 0, lambda work: queries.suggested_split(work, entry.id))
    assert offered is not None
    assert (offered.exact, offered.rest) == (True, "0.00")
    assert {(one.number, one.amount) for one in offered.shares} == {
        (first.number, "1210.00"), (second.number, "605.00"),
    }  # fmt: skip
    parts = [PartIn(invoice_id=one.invoice_id, amount=one.amount) for one in offered.shares]
    done = await by(
        desk, 0, lambda work: commands.confirm_split(work, entry.id, SplitIn(parts=parts))
    )
    assert (done.state, done.paid, done.surplus) == ("confirmed", "1815.00", "0.00")
    assert (await row(desk, first)).state == (await row(desk, second)).state == "paid"
    assert await held(desk, "suspense") == 0
    await by(desk, 0, lambda work: commands.mail_allocation(work, entry.id))
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        sent = (await work.session.scalars(select(Mail))).all()
    assert sent
    assert await desk.wrong() == []


async def test_a_known_payer_without_a_reference_pays_the_oldest_first(desk: Desk) -> None:
    first, second = await twin_invoices(desk)
    await desk.bring_in(desk.statement(pays(150_000, None, "Proef & Zoon bv")))
    (entry,) = await entries(desk)
    offered = await by(desk, 0, lambda work: queries.suggested_split(work, entry.id))
    assert offered is not None
    assert [(one.number, one.amount) for one in offered.shares] == [
        (first.number, "1210.00"), (second.number, "290.00"),
    ]  # fmt: skip
    assert not offered.exact


async def test_a_split_never_pays_another_clients_invoice(desk: Desk) -> None:
    first, _ = await twin_invoices(desk)
    foreign = await row(desk, await desk.invoice("100.00", "Someone else bv"))
    await desk.bring_in(desk.statement(pays(200_000, first, "Proef & Zoon")))
    (entry,) = await entries(desk)

    def split(*parts: PartIn) -> Awaitable[object]:
        return by(
            desk, 0, lambda work: commands.confirm_split(work, entry.id, SplitIn(parts=list(parts)))
        )

    with pytest.raises(Invalid, match="several clients"):
        await split(
            PartIn(invoice_id=first.id, amount="1.00"), PartIn(invoice_id=foreign.id, amount="1.00")
        )
    with pytest.raises(MatchTooLarge, match="is open"):
        await split(PartIn(invoice_id=first.id, amount="1210.01"))
    with pytest.raises(MatchTooLarge, match="the entry is"):
        await split(PartIn(invoice_id=first.id, amount="2000.01"))
    with pytest.raises(Invalid, match="twice"):
        await split(
            PartIn(invoice_id=first.id, amount="1.00"), PartIn(invoice_id=first.id, amount="2.00")
        )
    assert await desk.wrong() == []


# -- undoing ------------------------------------------------------------------------------------


async def paid_invoice(desk: Desk) -> tuple[Invoice, BankEntryOut]:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(desk.statement(pays(121_000, invoice, "Proef & Zoon")))
    (entry,) = await entries(desk)
    await confirm(desk, entry.id, invoice.id)
    return invoice, entry


async def ask(desk: Desk, entry_id: BankEntryId, which: int = 0) -> UndoOut:
    return await by(
        desk, which, lambda work: commands.ask_undo(work, entry_id, UndoIn(reason="Wrong client"))
    )


async def decide(desk: Desk, undo: UndoOut, which: int, *, approve: bool = True) -> UndoOut:
    return await by(
        desk, which, lambda work: commands.decide_undo(work, undo.id, DecideUndoIn(approve=approve))
    )


async def test_a_wrong_match_is_undone_by_a_second_person_and_matched_again(desk: Desk) -> None:
    invoice, entry = await paid_invoice(desk)
    before = await held(desk, "member_available", invoice.member_id)
    assert before == 93_500
    undo = await ask(desk, entry.id)
    with pytest.raises(SecondPersonNeeded):
        await decide(desk, undo, 0)
    done = await decide(desk, undo, 1)
    assert done.state == "done"
    after = await row(desk, invoice)
    assert (after.state, after.paid_minor, after.pending_net_minor) == ("issued", 0, 100_000)
    assert await held(desk, "member_available", invoice.member_id) == 0
    assert await held(desk, "fund_sickness") == 0
    assert await held(desk, "suspense") == 121_000
    (again,) = await entries(desk, "suggested")
    assert again.id == entry.id
    assert await desk.wrong() == []
    await confirm(desk, entry.id, invoice.id)
    assert await held(desk, "member_available", invoice.member_id) == 93_500
    assert await desk.wrong() == []
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        reversal = await work.session.scalar(select(PaymentReversal))
    assert reversal is not None
    assert (reversal.cause, reversal.amount_minor) == ("mistake", 121_000)


async def test_a_refused_undo_changes_nothing(desk: Desk) -> None:
    invoice, entry = await paid_invoice(desk)
    undo = await ask(desk, entry.id)
    with pytest.raises(NothingToUndo):
        await ask(desk, entry.id, 1)
    assert (await decide(desk, undo, 1, approve=False)).state == "refused"
    assert (await row(desk, invoice)).state == "paid"
    assert await desk.wrong() == []


async def test_a_fee_and_a_clients_credit_are_undone_too(desk: Desk) -> None:
    await desk.bring_in(desk.statement(Move(cents=-1_250, reference="F1", text="Fee")))
    (entry,) = await entries(desk)
    said = ExplainIn(kind="suppliers", note="Paper")
    await by(desk, 0, lambda work: commands.explain_entry(work, entry.id, said))
    assert await held(desk, "suppliers") == 1_250
    await decide(desk, await ask(desk, entry.id), 2)
    assert (await held(desk, "suppliers"), await held(desk, "suspense")) == (0, -1_250)
    assert await desk.wrong() == []


async def test_nothing_said_is_nothing_to_undo(desk: Desk) -> None:
    await desk.bring_in(desk.statement(Move(cents=-1_250, reference="F1", text="Fee")))
    (entry,) = await entries(desk)
    with pytest.raises(NothingToUndo):
        await ask(desk, entry.id)


async def test_the_database_lets_nobody_undo_alone(desk: Desk) -> None:
    _, entry = await paid_invoice(desk)
    with pytest.raises(DBAPIError, match="already explained"):
        await by(desk, 0, lambda work: work.session.execute(
            text("UPDATE bank_entry SET state = 'unmatched', round = 1")))  # fmt: skip
    with pytest.raises(DBAPIError, match="taken back"):
        await by(desk, 0, lambda work: work.session.execute(
            text("UPDATE invoice SET paid_minor = 0 WHERE paid_minor > 0")))  # fmt: skip
    assert entry.state != "confirmed"


# -- chargebacks --------------------------------------------------------------------------------


async def test_a_returned_debit_opens_the_invoice_again(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    paid = Move(cents=121_000, reference="D1", name="Proef & Zoon", iban="BE68539007547034",
                structured=invoice.reference)  # fmt: skip
    await desk.bring_in(desk.statement(paid))
    (entry,) = await entries(desk)
    await confirm(desk, entry.id, invoice.id)
    desk.day += timedelta(days=5)
    back = Move(cents=-121_500, reference="D2", name="Proef & Zoon", iban="BE68539007547034",
                return_reason="MD06")  # fmt: skip
    await desk.bring_in(desk.statement(back))
    (debit,) = await entries(desk)
    (offered,) = await by(desk, 0, lambda work: queries.takes_back_candidates(work, debit.id))
    assert offered.id == entry.id
    undo = await by(
        desk, 0, lambda work: commands.takes_back(work, debit.id, TakesBackIn(entry_id=entry.id))
    )
    assert (undo.cause, undo.state) == ("returned", "done")
    assert "asked for the money back" in undo.reason
    after = await row(desk, invoice)
    assert (after.state, after.open_minor) == ("issued", 121_000)
    assert await held(desk, "member_available", invoice.member_id) == 0
    assert (await held(desk, "bank_fees"), await held(desk, "suspense")) == (500, 0)
    assert await desk.wrong() == []
    with pytest.raises(EntryAlreadyExplained):
        await by(desk, 0, lambda work: commands.takes_back(
            work, debit.id, TakesBackIn(entry_id=entry.id)))  # fmt: skip


async def test_a_used_credit_is_not_taken_back_twice(desk: Desk) -> None:
    invoice, _ = await paid_invoice(desk)
    await desk.bring_in(desk.statement(pays(50_000, invoice, "Proef & Zoon", ref="R2")))
    (surplus,) = await entries(desk)
    await confirm(desk, surplus.id, invoice.id)
    given = Move(cents=-50_000, reference="R3", name="Proef & Zoon")
    await desk.bring_in(desk.statement(given))
    (out,) = await entries(desk)
    said = ExplainIn(kind="client_credit", client_id=invoice.client_id, note="Given back")
    await by(desk, 0, lambda work: commands.explain_entry(work, out.id, said))
    undo = await ask(desk, surplus.id)
    with pytest.raises(BelowZero):
        await decide(desk, undo, 1)
    assert await desk.wrong() == []


# -- rules --------------------------------------------------------------------------------------

FEES = BankRuleIn(
    name="Bank's monthly fee",
    conditions=RuleConditions(sign="out", text="beheerskosten", amount_to="20.00"),
    action=RuleAction(do="book", account="bank_fees", note="Account fee"),
)


async def write(desk: Desk, data: BankRuleIn = FEES) -> BankRuleOut:
    return await by(desk, 0, lambda work: commands.write_rule(work, data))


async def switch(
    desk: Desk, rule_id: BankRuleId, matched: int | None, *, on: bool = True
) -> BankRuleOut:
    data = BankRuleSwitchIn(on=on, matched=matched)
    return await by(desk, 0, lambda work: commands.switch_rule(work, rule_id, data))


async def test_a_rule_is_tried_on_the_past_before_it_books_the_future(desk: Desk) -> None:
    fee = Move(cents=-1_250, reference="F1", text="Beheerskosten oktober")
    big = Move(cents=-90_000, reference="F2", text="Beheerskosten jaar")
    await desk.bring_in(desk.statement(fee, big))
    rule = await write(desk)
    seen = await by(desk, 0, lambda work: queries.preview_rule(work, rule.id))
    assert (seen.matched, seen.money_out, seen.by_state) == (1, "12.50", {"unmatched": 1})
    with pytest.raises(RuleRefused, match="matches 1"):
        await switch(desk, rule.id, 7)
    await switch(desk, rule.id, 1)
    desk.day += timedelta(days=1)
    came = await desk.bring_in(
        desk.statement(Move(cents=-1_300, reference="F3", text="Beheerskosten"))
    )
    assert came.by_rule == 1
    assert await held(desk, "bank_fees") == 1_300
    (explained,) = await entries(desk, "explained")
    assert "version 1" in explained.explanation
    assert await desk.wrong() == []
    await decide(desk, await ask(desk, explained.id), 1)
    assert await held(desk, "bank_fees") == 0
    assert await desk.wrong() == []


async def test_a_changed_rule_is_a_new_version_and_off(desk: Desk) -> None:
    rule = await write(desk)
    await switch(desk, rule.id, 0)
    changed = await by(desk, 1, lambda work: commands.change_rule(work, rule.id, FEES))
    assert (changed.version, changed.state, changed.series) == (2, "draft", rule.series)
    came = await desk.bring_in(
        desk.statement(Move(cents=-100, reference="F1", text="beheerskosten"))
    )
    assert came.by_rule == 0
    with pytest.raises(DBAPIError, match="never changed"):
        await by(desk, 0, lambda work: work.session.execute(
            text("""UPDATE bank_rule SET action = '{"do": "x"}'""")))  # fmt: skip


async def test_a_rule_sets_aside_and_knows_an_account_by_its_index(desk: Desk) -> None:
    rule = BankRuleIn(
        name="Own savings",
        conditions=RuleConditions(iban="BE68 5390 0754 7034"),
        action=RuleAction(do="set_aside", note="Between our own accounts"),
    )
    made = await write(desk, rule)
    assert (made.conditions.iban, made.conditions.iban_last4) == ("", "7034")
    await switch(desk, made.id, 0)
    mine = Move(cents=5_000, reference="S1", iban="BE68539007547034")
    other = Move(cents=5_000, reference="S2", iban="BE71096123456769")
    await desk.bring_in(desk.statement(mine, other))
    (aside,) = await entries(desk, "set_aside")
    assert aside.reference == "S1"
    assert await held(desk, "suspense") == 10_000
    assert await desk.wrong() == []


async def test_a_rule_only_suggests_when_money_is_a_clients(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    rule = BankRuleIn(
        name="Holding pays",
        conditions=RuleConditions(counterparty="Holding Noord"),
        action=RuleAction(do="suggest_client", client_id=invoice.client_id, note="Pays for Proef"),
    )
    await switch(desk, (await write(desk, rule)).id, 0)
    await desk.bring_in(
        desk.statement(Move(cents=121_000, reference="H1", name="HOLDING NOORD NV"))
    )
    (entry,) = await entries(desk, "suggested")
    assert (await row(desk, invoice)).state == "issued"
    assert entry.state == "suggested"
    assert await desk.wrong() == []


@pytest.mark.parametrize(
    ("conditions", "action", "said"),
    [
        (RuleConditions(sign="out"), FEES.action, "everything"),
        (FEES.conditions, RuleAction(do="book", note="x"), "account"),
        (FEES.conditions, RuleAction(do="suggest_client", note="x"), "client"),
        (RuleConditions(amount_from="5.00", amount_to="1.00"), FEES.action, "above"),
    ],
)
async def test_a_senseless_rule_is_refused(
    desk: Desk, conditions: RuleConditions, action: RuleAction, said: str
) -> None:
    with pytest.raises(RuleRefused, match=said):
        await write(desk, BankRuleIn(name="x", conditions=conditions, action=action))


async def test_an_entry_is_set_aside_with_a_reason_and_taken_up_again(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(desk.statement(pays(121_000, invoice, "Proef")))
    (entry,) = await entries(desk)
    data = SetAsideIn(reason="Asked the client")
    await by(desk, 0, lambda work: commands.set_aside_entry(work, entry.id, data))
    assert await entries(desk) == []
    assert await desk.wrong() == []
    await confirm(desk, entry.id, invoice.id)
    assert (await row(desk, invoice)).state == "paid"


# -- the proof ----------------------------------------------------------------------------------


async def test_each_closing_balance_is_proved(desk: Desk) -> None:
    await desk.bring_in(desk.statement(Move(cents=5_000, reference="A1")))
    desk.day += timedelta(days=1)
    await desk.bring_in(desk.statement(Move(cents=-700, reference="A2")))
    shown = await by(desk, 0, lambda work: queries.reconciled(work, desk.account_id))
    assert [(one.statement_balance, one.ledger_balance, one.state) for one in shown.items] == [
        ("10043.00", "10043.00", "agrees"), ("10050.00", "10050.00", "agrees"),
    ]  # fmt: skip
    assert [one.unmatched for one in shown.items] == [1, 1]
    table = await by(desk, 0, lambda work: queries.reconciliation_csv(work, desk.account_id))
    assert table.decode().count("agrees") == 2


async def test_an_entry_dated_after_its_statement_explains_the_difference(desk: Desk) -> None:
    file = desk.statement(Move(cents=5_000, reference="A1")).decode()
    late = desk.day + timedelta(days=2)
    file = file.replace(f"<BookgDt><Dt>{desk.day}", f"<BookgDt><Dt>{late}")
    await desk.bring_in(file.encode())
    (line,) = (await by(desk, 0, lambda work: queries.reconciled(work, desk.account_id))).items
    assert (line.state, line.difference) == ("explained", "-50.00")
    assert line.explained_by[0].why == "on this statement, dated after it"
    assert await desk.wrong() == []
