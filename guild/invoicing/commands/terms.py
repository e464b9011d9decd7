"""What a member writes on a draft beside its milestones: lines, allowances, references, rates."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET
from sqlalchemy import delete, select
from sqlalchemy import func as sql

from guild.core.errors import Invalid
from guild.core.wire import money_in
from guild.core.work import Work
from guild.invoicing.models import Invoice, InvoiceAdjustment, InvoiceLine
from guild.invoicing.schemas.drafts import (
    LINES_MAX,
    AdjustmentIn,
    DraftTerms,
    ExchangeIn,
    LineIn,
)

FIVE_CENTS: Final = 5
AS_GIVEN: Final = ("supply", "treatment", "delivered_on", "note", "buyer_vat_check", "place_region")
CASH_CURRENCIES: Final = frozenset({"EUR", "CHF", "CAD"})
"""Currencies in which cash is rounded to five cents somewhere that the house knows."""


async def apply_terms(work: Work, invoice: Invoice, terms: DraftTerms) -> None:
    """Write what is given on a draft that this Work has locked; its sums are reckoned after.

    Raises Invalid with the field for what cannot be.
    """
    await work.session.flush()
    for name in AS_GIVEN:
        value = getattr(terms, name)
        if value is not UNSET:
            setattr(invoice, name, value)
    if terms.buyer_vat_check is not UNSET:
        asked = terms.buyer_vat_check != "none"
        invoice.buyer_vat_checked_on = work.today if asked else None
    if terms.place_country is not UNSET:
        invoice.place_country = terms.place_country
    if terms.reduced_percent is not UNSET:
        invoice.reduced_milli = milli_of(terms.reduced_percent)
    if invoice.treatment != "reduced":
        invoice.reduced_milli = None
    if invoice.delivered_on > work.today:
        raise Invalid("The work cannot be delivered in the future.", field="delivered_on")
    if terms.references is not UNSET:
        invoice.client_references = msgspec.to_builtins(terms.references)
    if terms.delivery is not UNSET:
        invoice.delivery = None if terms.delivery is None else msgspec.to_builtins(terms.delivery)
    _period(invoice, terms)
    _exchange(work, invoice, terms)
    _money(invoice, terms)
    await _parts(work, invoice, terms)


def milli_of(percent: str | None) -> int | None:
    """A per cent as typed, in thousandths: "5.5" is 5500."""
    return None if percent is None else int(Decimal(percent).scaleb(3))


def _period(invoice: Invoice, terms: DraftTerms) -> None:
    period = terms.period
    if period is UNSET:
        return
    if period is None:
        invoice.period_from = invoice.period_to = None
        return
    if period.last < period.first:
        raise Invalid("The period ends before it begins.", field="period.last")
    invoice.period_from, invoice.period_to = period.first, period.last


def _exchange(work: Work, invoice: Invoice, terms: DraftTerms) -> None:
    given = terms.exchange
    if given is UNSET:
        return
    if given is None:
        invoice.accounting_currency = invoice.exchange_rate = invoice.exchange_rate_on = None
        invoice.vat_accounting_minor = None
        invoice.exchange_rate_source = ""
        return
    _check_exchange(work, invoice, given)
    invoice.accounting_currency = given.currency
    invoice.exchange_rate = Decimal(given.rate)
    invoice.exchange_rate_on = given.on
    invoice.exchange_rate_source = given.source
    invoice.vat_accounting_minor = 0


def _check_exchange(work: Work, invoice: Invoice, given: ExchangeIn) -> None:
    if given.currency != work.settings.coop.currency:
        raise Invalid(
            f"The cooperative accounts for its VAT in {work.settings.coop.currency}.",
            field="exchange.currency",
        )
    if given.currency == invoice.currency:
        raise Invalid(
            f"The invoice is in {invoice.currency} already.", field="exchange.currency",
            mend="Leave the rate of exchange out.",
        )  # fmt: skip
    if not Decimal(given.rate):
        raise Invalid("A rate of exchange is more than nothing.", field="exchange.rate")
    if given.on > work.today:
        raise Invalid("The rate is of a day to come.", field="exchange.on")


def _money(invoice: Invoice, terms: DraftTerms) -> None:
    if terms.prepaid is not UNSET:
        prepaid = money_in(terms.prepaid, invoice.currency, field="prepaid", zero=True)
        invoice.prepaid_minor = prepaid.minor
        invoice.payable_minor = invoice.total_minor - prepaid.minor + invoice.rounding_minor
    if terms.round_to_five is not UNSET:
        if terms.round_to_five and invoice.currency not in CASH_CURRENCIES:
            raise Invalid(
                f"Cash in {invoice.currency} is not rounded to five cents.", field="round_to_five"
            )
        invoice.round_to = FIVE_CENTS if terms.round_to_five else 1


async def _parts(work: Work, invoice: Invoice, terms: DraftTerms) -> None:
    """Replace the free lines and the document's allowances as they are given."""
    session = work.session
    await session.flush()
    adjustments: list[InvoiceAdjustment] = []
    of_this = InvoiceAdjustment.invoice_id == invoice.id
    if terms.lines is not UNSET:
        milestones = await session.scalar(
            select(sql.count()).where(
                InvoiceLine.invoice_id == invoice.id, InvoiceLine.milestone_id.is_not(None)
            )
        )
        first = 1 + int(milestones or 0)
        if first - 1 + len(terms.lines) > LINES_MAX:
            raise Invalid(f"An invoice has at most {LINES_MAX} lines.", field="lines")
        await session.execute(
            delete(InvoiceAdjustment).where(of_this, InvoiceAdjustment.line_position.is_not(None))
        )
        await session.execute(
            delete(InvoiceLine).where(
                InvoiceLine.invoice_id == invoice.id, InvoiceLine.milestone_id.is_(None)
            )
        )
        for number, line in enumerate(terms.lines):
            session.add(_line(invoice, first + number, line, f"lines.{number}"))
            adjustments += _adjustments(
                invoice, line.adjustments, f"lines.{number}.adjustments", first + number
            )
    if terms.adjustments is not UNSET:
        await session.execute(
            delete(InvoiceAdjustment).where(of_this, InvoiceAdjustment.line_position.is_(None))
        )
        adjustments += _adjustments(invoice, terms.adjustments, "adjustments", None)
    if adjustments:
        highest = await session.scalar(select(sql.max(InvoiceAdjustment.position)).where(of_this))
        for position, one in enumerate(adjustments, 1 + int(highest or 0)):
            one.position = position
        session.add_all(adjustments)


def _line(invoice: Invoice, position: int, line: LineIn, field: str) -> InvoiceLine:
    quantity, base = Decimal(line.quantity), Decimal(line.base_quantity)
    if not quantity:
        raise Invalid("A line has a quantity; leave it out if there is none.",
                      field=f"{field}.quantity")  # fmt: skip
    if not base:
        raise Invalid("A price is for more than no unit.", field=f"{field}.base_quantity")
    _check_treatment(line.treatment, line.reduced_percent, field)
    return InvoiceLine(
        invoice_id=invoice.id,
        position=position,
        text=line.text,
        detail=" ".join(line.detail.split()),
        quantity=quantity,
        unit=line.unit,
        price=Decimal(line.unit_price),
        base_quantity=base,
        treatment=line.treatment or "",
        reduced_milli=milli_of(line.reduced_percent),
        category="S",
        rate_milli=0,
        net_minor=0,
    )


def _adjustments(
    invoice: Invoice, given: Sequence[AdjustmentIn], field: str, line_position: int | None
) -> list[InvoiceAdjustment]:
    return [
        _adjustment(invoice, one, f"{field}.{number}", line_position)
        for number, one in enumerate(given)
    ]


def _adjustment(
    invoice: Invoice, one: AdjustmentIn, field: str, line_position: int | None
) -> InvoiceAdjustment:
    if (one.amount is None) == (one.percent is None):
        raise Invalid("Give an amount or a per cent, one of them.", field=f"{field}.amount")
    if line_position is not None and one.treatment is not None:
        raise Invalid("What adjusts a line is taxed as the line.", field=f"{field}.treatment")
    _check_treatment(one.treatment, one.reduced_percent, field)
    if not one.charge and one.percent is not None and Decimal(one.percent) > 100:
        raise Invalid("No more than everything can be taken off.", field=f"{field}.percent")
    amount = (
        money_in(one.amount, invoice.currency, field=f"{field}.amount").minor
        if one.amount is not None
        else 0
    )
    return InvoiceAdjustment(
        invoice_id=invoice.id,
        line_position=line_position,
        charge=one.charge,
        amount_minor=amount,
        percent_milli=milli_of(one.percent),
        base_minor=None if one.percent is None else 0,
        reason_code=one.reason_code,
        reason=one.reason,
        treatment=one.treatment or "",
        reduced_milli=milli_of(one.reduced_percent),
        category="S",
        rate_milli=0,
    )


def _check_treatment(treatment: str | None, reduced_percent: str | None, field: str) -> None:
    if (treatment == "reduced") != (reduced_percent is not None):
        raise Invalid(
            "A reduced rate is claimed with `treatment` reduced and its rate, both or neither.",
            field=f"{field}.reduced_percent",
        )
