"""The words and limits that several shapes share."""

from typing import Annotated, Literal

from msgspec import Meta

from guild.invoicing.rules.canonical import Kind
from guild.invoicing.rules.vat_facts import Supply, Treatment, VatCheck

__all__ = [
    "InvoiceState",
    "Kind",
    "Percent",
    "Position",
    "Price",
    "Quantity",
    "RowVersion",
    "Supply",
    "Treatment",
    "Unit",
    "VatCheck",
]

InvoiceState = Literal["draft", "issued", "partly_paid", "paid", "credited", "written_off"]
RowVersion = Annotated[int, Meta(ge=1, le=1_000_000)]
Position = Annotated[int, Meta(ge=1, le=200)]
Quantity = Annotated[
    str, Meta(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,4})?$", examples=["7.5"], description="Decimal")
]
Price = Annotated[
    str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$", examples=["80.00"], description="Decimal")
]
BaseQuantity = Annotated[
    str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,4})?$", examples=["1000"], description="Decimal")
]
Percent = Annotated[
    str, Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?$", examples=["5.5"], description="Per cent")
]
Rate = Annotated[
    str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,8})?$", examples=["0.9213"], description="Decimal")
]
Unit = Annotated[
    str,
    Meta(pattern=r"^[A-Z0-9]{2,3}$", examples=["HUR"], description="UN/ECE Recommendation 20"),
]
ReasonCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,4}$", examples=["95"])]
Region = Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,3}$", examples=["QC"])]
