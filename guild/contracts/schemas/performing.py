"""Time, costs and time sheets on the wire. Amounts are decimal strings, net of VAT."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from guild.core.ids import ContractCostId, ContractId, TimeEntryId, TimeSheetId
from guild.core.wire import Amount, In, LongText, OptionalText, Out, ShortText

Minutes = Annotated[int, Meta(ge=1, le=1_440, description="Minutes, at most a day")]
Month = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
Receipt = Annotated[
    str, Meta(min_length=8, max_length=6_700_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")
]


class TimerIn(In, frozen=True):
    """What you begin to work on."""

    note: OptionalText = ""


class TimeIn(In, frozen=True):
    """Time worked on a day that is not in the future."""

    day: date
    minutes: Minutes
    note: OptionalText = ""


class CostIn(In, frozen=True):
    """Money laid out, before VAT, with its receipt: a PDF, PNG or JPEG of at most 5 MB, base64.

    `rebillable` says whether the client pays it back; it then goes on the next time sheet.
    """

    day: date
    text: ShortText
    net: Amount
    receipt_name: ShortText
    receipt: Receipt
    rebillable: bool = True


class SheetIn(In, frozen=True):
    """The month that the client is asked to approve."""

    month: Month


class ApproveSheetIn(In, frozen=True):
    """Which sheet you saw: its id and round."""

    sheet_id: TimeSheetId
    round: Annotated[int, Meta(ge=1, le=1_000)]


class SheetChangesIn(ApproveSheetIn, frozen=True):
    """What is wrong with it."""

    wishes: LongText


class TimeEntryOut(Out, frozen=True):
    """Time on a day; `minutes` is null while the timer runs."""

    id: TimeEntryId
    day: date
    minutes: int | None
    started_at: datetime | None
    note: str
    sheet_id: TimeSheetId | None


class CostOut(Out, frozen=True):
    """A cost with its receipt."""

    id: ContractCostId
    day: date
    text: str
    net: str
    rebillable: bool
    receipt_name: str
    sheet_id: TimeSheetId | None


class SheetOut(Out, frozen=True):
    """A month as the client sees it. Silence approves it after `answer_by`."""

    id: TimeSheetId
    month: str
    state: str
    round: int
    hours: str
    time: str
    costs: str
    total: str
    currency: str
    submitted_at: datetime
    answer_by: datetime
    approved_at: datetime | None
    approved_by: str | None
    answer_note: str | None
    entries: list[TimeEntryOut]
    cost_items: list[CostOut]


class WorkedOut(Out, frozen=True):
    """Time and costs of a contract against its estimate.

    `hint` says what to do when the estimate is overrun by more than a fifth; else it is empty.
    """

    contract_id: ContractId
    number: str
    billed_by_time: bool
    minutes: int
    estimate_minutes: int | None
    overrun: bool
    hint: str
    costs: str
    currency: str
    running: TimeEntryOut | None
    entries: list[TimeEntryOut]
    cost_items: list[CostOut]
    sheets: list[SheetOut]
