"""What one sends to draft an invoice or to change a draft."""

from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from guild.core.ids import (
    ContractId,
    MilestoneId,
)
from guild.core.wire import Amount, CountryCode, CurrencyCode, In, OptionalText, ShortText
from guild.invoicing.schemas.words import (
    BaseQuantity,
    Percent,
    Price,
    Quantity,
    Rate,
    ReasonCode,
    Region,
    RowVersion,
    Supply,
    Treatment,
    Unit,
    VatCheck,
)

LINES_MAX = 200
"""Of a whole document, milestones included."""

NoteText = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")]


class AdjustmentIn(In, frozen=True):
    """An allowance, or with `charge` a charge: an amount, or a per cent of what it adjusts.

    `reason_code` is UNCL 5189 (allowance) or 7161 (charge). On a document, `treatment` says which
    of its lines it adjusts; left out, those that are taxed as the document.
    """

    reason: ShortText
    charge: bool = False
    amount: Amount | None = None
    percent: Percent | None = None
    reason_code: ReasonCode = ""
    treatment: Treatment | None = None
    reduced_percent: Percent | None = None


class LineIn(In, frozen=True):
    """A free line; `unit_price` is for `base_quantity` units. A negative quantity takes back."""

    text: ShortText
    unit_price: Price
    detail: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")] = ""
    quantity: Quantity = "1"
    unit: Unit = "C62"
    base_quantity: BaseQuantity = "1"
    treatment: Treatment | None = None
    reduced_percent: Percent | None = None
    adjustments: Annotated[tuple[AdjustmentIn, ...], Meta(max_length=10)] = ()


class PeriodIn(In, frozen=True):
    """The period of the work; both days belong to it."""

    first: date
    last: date


class DeliveryIn(In, frozen=True):
    """Where it was delivered, when that is not the client's own address."""

    country: CountryCode
    name: OptionalText = ""
    street: OptionalText = ""
    postcode: OptionalText = ""
    city: OptionalText = ""


class ReferencesIn(In, frozen=True):
    """What the client's bookkeeping wants to find: project, orders, receipt, tender, account."""

    project: OptionalText = ""
    sales_order: OptionalText = ""
    receipt: OptionalText = ""
    despatch: OptionalText = ""
    tender: OptionalText = ""
    accounting: OptionalText = ""


class ExchangeIn(In, frozen=True):
    """The rate at which the VAT is stated in the cooperative's currency, and where it is from.

    `rate` is units of `currency` for one unit of the invoice's.
    """

    currency: CurrencyCode
    rate: Rate
    on: date
    source: ShortText


class DraftTerms(In, frozen=True, kw_only=True):
    """What may stand on any draft; what is left out stays as it is, null takes it away."""

    supply: Supply | UnsetType = UNSET
    treatment: Treatment | UnsetType = UNSET
    reduced_percent: Percent | UnsetType | None = UNSET
    place_country: CountryCode | UnsetType | None = UNSET
    place_region: Region | UnsetType = UNSET
    buyer_vat_check: VatCheck | UnsetType = UNSET
    """What VIES answered on the client's VAT number, as the member asked it."""
    delivered_on: date | UnsetType = UNSET
    period: PeriodIn | UnsetType | None = UNSET
    note: NoteText | UnsetType = UNSET
    references: ReferencesIn | UnsetType = UNSET
    delivery: DeliveryIn | UnsetType | None = UNSET
    exchange: ExchangeIn | UnsetType | None = UNSET
    prepaid: Amount | UnsetType = UNSET
    """What the client has paid before and has on account; it is taken from there at issue."""
    round_to_five: bool | UnsetType = UNSET
    """Round what is payable to five cents, for cash."""
    lines: Annotated[tuple[LineIn, ...], Meta(max_length=LINES_MAX)] | UnsetType = UNSET
    """All free lines, after those of the milestones."""
    adjustments: Annotated[tuple[AdjustmentIn, ...], Meta(max_length=20)] | UnsetType = UNSET
    """All allowances and charges of the whole document."""


class InvoiceIn(DraftTerms, frozen=True, kw_only=True):
    """Draft an invoice from accepted milestones, free lines, or both.

    Without a list of milestones and without free lines, from all milestones that are accepted.
    """

    contract_id: ContractId
    milestone_ids: Annotated[tuple[MilestoneId, ...], Meta(max_length=50)] = ()
    buyer_reference: OptionalText = ""
    order_reference: OptionalText = ""


class DraftChange(DraftTerms, frozen=True, kw_only=True):
    """What may be changed on a draft; the work of a milestone and its price were agreed."""

    row_version: RowVersion
    buyer_reference: OptionalText | UnsetType = UNSET
    order_reference: OptionalText | UnsetType = UNSET
