"""What a member sees beside her draft: the rate, the law, the guarantee, and what reaches her."""

from msgspec import Struct

from guild.contracts.schemas.contract import FindingOut, RuleVersionOut
from guild.core.wire import Out


class GuaranteeSaid(Struct, frozen=True, kw_only=True):
    """The fund’s answer about an order that nobody has sent yet; it reserves nothing.

    `up_to_minor` is in minor units of the order’s currency, `business_days` from the invoice on.
    """

    guaranteed: bool
    up_to_minor: int
    business_days: int
    reasons: tuple[str, ...]


class GuaranteeOut(Out, frozen=True):
    """Whether the fund would pay if the client is late, up to how much and how soon, and why."""

    guaranteed: bool
    up_to: str
    business_days: int
    sentence: str
    reasons: list[str]


class FloorOut(Out, frozen=True):
    """The least rate for an hour that counts here, and whence it comes."""

    hourly: str
    met: bool | None
    waived_until: str | None
    article: str
    source: str


class PanelLine(Out, frozen=True):
    """One line of what the member receives; `amount` null where it is no money of hers."""

    text: str
    amount: str | None
    note: str


class PanelOut(Out, frozen=True):
    """A draft as it stands now. Nothing of it is promised, and none of it is legal advice."""

    kind: str
    language: str
    currency: str
    net: str
    hours: str | None
    effective_hourly: str | None
    floor: FloorOut | None
    guarantee: GuaranteeOut | None
    lines: list[PanelLine]
    receives: str
    may_be_sent: bool
    findings: list[FindingOut]
    rules: list[RuleVersionOut]
    charter_version: int


class PreviewOut(Out, frozen=True):
    """The panel of a draft that is not saved, and its text as the client would read it."""

    panel: PanelOut
    document: str
