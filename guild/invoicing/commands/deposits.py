"""Deposits: an invoice ahead of the work (386), and its settlement by the final invoice.

VAT is owed on a deposit when it is received (article 65 of Directive 2006/112/EC), and the final
invoice states the whole work. So that the tax is owed once, issuing the final invoice first takes
the deposit back by a credit note: what the client paid stands to its account, and the final invoice
says it as prepaid and takes it from there, all in one transaction.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId
from guild.core.money import Money, share_bps
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.invoicing.commands.copying import own_document
from guild.invoicing.commands.deciding import reckon_draft
from guild.invoicing.commands.drafts import PIECE
from guild.invoicing.commands.making import begin_draft, own_contract
from guild.invoicing.errors import ContractNotSigned
from guild.invoicing.events import InvoiceDrafted
from guild.invoicing.models import DepositSettlement, Invoice, InvoiceLine
from guild.invoicing.queries.drafting import RUNNING
from guild.invoicing.rules.canonical import Preceding
from guild.invoicing.schemas.kinds import DepositIn

DEPOSIT = "386"
WORDS = {
    "en": "Deposit",
    "fr": "Acompte",
    "nl": "Voorschot",
    "de": "Anzahlung",
}


async def draft_deposit(work: Work, data: DepositIn) -> InvoiceId:
    """Draft a deposit of a signed contract: by its clause, a per cent of its value, or an amount.

    Raises InvoiceNotFound, ContractNotSigned, Invalid when there is no clause, and for more than
    the contract is worth together with the deposits before.
    """
    contract = await own_contract(work, data.contract_id)
    if contract.state not in RUNNING:
        raise ContractNotSigned(
            "The client has not signed this contract.",
            mend="Send the contract and wait for the client's signature.",
        )
    refuse_unprintable({"order_reference": data.order_reference})
    net = _net(contract, data)
    before = await work.session.scalars(
        select(Invoice).where(
            Invoice.contract_id == contract.id,
            Invoice.type_code == DEPOSIT,
            Invoice.state != "credited",
        )
    )
    deposits = before.all()
    if data.amount is None and data.percent is None and deposits:
        raise Conflict("The deposit of this contract has its invoice already.")
    taken = sum(one.net_minor - one.credited_net_minor for one in deposits)
    if net.minor + taken > contract.net_minor:
        left = Money(contract.net_minor - taken, contract.currency)
        raise Invalid(f"Only {left} of the contract's value has no deposit yet.", field="amount")
    invoice = await begin_draft(
        work, contract, type_code=DEPOSIT,
        buyer_reference=data.buyer_reference, order_reference=data.order_reference,
    )  # fmt: skip
    word = WORDS.get(invoice.language, WORDS["en"])
    work.session.add(
        InvoiceLine(
            invoice_id=invoice.id,
            position=1,
            text=f"{word}: {contract.title}"[:200],
            quantity=Decimal(1),
            unit=PIECE,
            price=net.decimal,
            category="S",
            rate_milli=0,
            net_minor=0,
        )
    )
    draft = await reckon_draft(work, invoice.id)
    await work.emit(InvoiceDrafted(invoice_id=draft.id, member_id=draft.member_id))
    return draft.id


def _net(contract: Contract, data: DepositIn) -> Money:
    if data.amount is not None and data.percent is not None:
        raise Invalid("Give an amount or a per cent, one of them.", field="amount")
    if data.amount is not None:
        return money_in(data.amount, contract.currency, field="amount")
    bps = contract.deposit_bps
    if data.percent is not None:
        exact = Decimal(data.percent).scaleb(2)
        bps = int(exact)
        if bps != exact or not 0 < bps <= 10_000:
            raise Invalid(
                "A deposit is more than 0 and at most 100 per cent, with two decimals at most.",
                field="percent",
            )
    elif not bps:
        raise Invalid(
            "This contract has no deposit clause.", mend="Give an amount or a per cent.",
            field="amount",
        )  # fmt: skip
    return Money(share_bps(contract.net_minor, bps), contract.currency)


async def settle_deposits(
    work: Work, final_id: InvoiceId, deposit_ids: Sequence[InvoiceId]
) -> InvoiceId:
    """Bind the deposits that a draft settles, in place of those bound before: it names them and
    deducts what was paid on them. May be asked again, when more has been paid.

    Raises InvoiceNotFound, Conflict for a deposit that another invoice settles, Invalid for what
    is no issued deposit of the same contract.
    """
    final = await own_document(work, final_id, lock=True)
    if final.state != "draft" or final.kind != "invoice" or final.type_code == DEPOSIT:
        raise Conflict("Only the draft of an ordinary invoice settles deposits.")
    bound = await work.session.scalars(
        select(DepositSettlement).where(DepositSettlement.final_id == final_id)
    )
    for old in bound.all():
        await work.session.delete(old)
    await work.session.flush()
    deposits = [await _deposit(work, final, deposit_id) for deposit_id in deposit_ids]
    work.session.add_all(
        DepositSettlement(deposit_id=one.id, final_id=final_id) for one in deposits
    )
    final.preceding = [
        msgspec.to_builtins(Preceding(number=one.number or "", issued_on=one.issued_on))
        for one in deposits
        if one.issued_on is not None
    ] or None
    final.prepaid_minor = min(_paid(deposits), final.total_minor)
    final.payable_minor = final.total_minor - final.prepaid_minor + final.rounding_minor
    final.row_version += 1
    draft = await reckon_draft(work, final_id)
    await work.emit(InvoiceDrafted(invoice_id=final_id, member_id=draft.member_id))
    return final_id


async def _deposit(work: Work, final: Invoice, deposit_id: InvoiceId) -> Invoice:
    deposit = await own_document(work, deposit_id, lock=True)
    if deposit.type_code != DEPOSIT or deposit.contract_id != final.contract_id:
        raise Invalid("This is no deposit of the same contract.", field="deposits")
    if deposit.state in {"draft", "credited", "written_off"} or deposit.credited_minor:
        raise Invalid(
            f"The deposit {deposit.number or ''} is {deposit.state}; only one that was issued and "
            "not credited is settled.",
            field="deposits",
        )
    other = await work.session.get(DepositSettlement, deposit_id)
    if other is not None:
        raise Conflict(f"Another invoice settles the deposit {deposit.number} already.")
    return deposit


def _paid(deposits: Sequence[Invoice]) -> int:
    return sum(one.paid_minor for one in deposits)
