"""Sharing one invoice among members: what is stated, what each agreed to, where the money is."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import InvoiceId, MemberId
from guild.core.wire import Amount, Email, In, Out

SHARES_MAX = 20
ShareState = Literal["asked", "agreed", "declined"]


class ShareIn(In, frozen=True, kw_only=True):
    """One member's share: named by id or address; a net amount, or basis points of the whole."""

    member_id: MemberId | None = None
    email: Email | None = None
    amount: Amount | None = None
    bps: Annotated[int, Meta(ge=1, le=9_999)] | None = None


class SharesIn(In, frozen=True):
    """All shares of a draft, the drafter's too, in place of those before; none: it is hers alone.

    All by amount, making the net of the draft, or all by basis points, making 10,000.
    """

    shares: Annotated[tuple[ShareIn, ...], Meta(max_length=SHARES_MAX)]


class ShareDeclineIn(In, frozen=True):
    """Why a co-worker does not agree; the drafter reads it."""

    reason: Annotated[str, Meta(min_length=3, max_length=500, pattern=r"^[^\x00]*$")]


class ShareOut(Out, frozen=True, kw_only=True):
    """One member's share. Amounts are net; what is pending, released, credited and written off
    is nought before issue.
    """

    member_id: MemberId
    name: str
    drafted: bool
    bps: int | None
    net: str
    state: ShareState
    decided_at: datetime | None
    reason: str
    pending: str
    released: str
    credited: str
    written_off: str


class SharesOut(Out, frozen=True, kw_only=True):
    """The shares of a document; without any it is the drafter's alone."""

    invoice_id: InvoiceId
    net: str
    currency: str
    agreed: bool
    """Whether everybody has agreed to what the draft says now."""
    fits: bool
    """Whether the shares make the whole; amounts may not after the draft was changed."""
    shares: list[ShareOut]
