"""The words and limits that several shapes share."""

from typing import Annotated, Literal

from msgspec import Meta

ReasonCode = Literal[
    "not_delivered", "incomplete", "defective", "not_agreed", "amount", "paid", "other"
]
ObjectionState = Literal[
    "open", "answered", "mediation", "redelivery", "court", "withdrawn", "credited", "dismissed"
]
Ruling = Literal["mediate", "insist", "redeliver", "to_court", "withdraw", "dismiss"]
WriteOffReason = Literal["small_rest", "insolvent", "uncollectable", "settlement", "statute_barred"]
Reason = Annotated[str, Meta(min_length=3, max_length=500, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
FileName = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f/\\]+$")]
MediaType = Literal["application/pdf", "image/jpeg", "image/png"]
