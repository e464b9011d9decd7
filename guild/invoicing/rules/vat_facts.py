"""What a decision on VAT rests on, and what it says."""

import datetime as dt
from collections.abc import Mapping
from typing import Literal

import msgspec

Supply = Literal[
    "services",
    "intangible",
    "electronic",
    "activity",
    "event",
    "real_estate",
    "passenger_transport",
    "restaurant",
    "short_hire",
    "work_on_goods",
    "goods",
]
"""What is supplied, as far as the place-of-supply rules ask (art. 31 to 59).

`intangible`: consulting, advertising, rights, data and the like (art. 59). `activity`: cultural,
artistic, sporting, teaching and similar activities. `event`: admission to one of these. Whatever no
special rule names is `services`.
"""

Treatment = Literal[
    "general",
    "reduced",
    "zero_rated",
    "exempt_activity",
    "exempt_teaching",
    "exempt_tuition",
    "exempt_culture",
    "exempt_care",
    "exempt_finance",
    "reverse_charge_national",
    "outside_scope",
]
"""What the member states about the work itself; `general` leaves all to the engine.

`reverse_charge_national`: the customer owes the tax by a rule of the state where it is due (art.
194 to 199b), such as work on buildings.
"""

BuyerKind = Literal["company", "public_body", "consumer"]
Category = Literal["S", "Z", "E", "AE", "K", "G", "O"]
VatCheck = Literal["none", "valid", "invalid"]


class VatFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the decision rests on.

    `on` is the day the VAT becomes due. `buyer_vat_number` is as the client wrote it, or empty;
    `buyer_vat_check` what VIES said of it. `place_country` is where the work is performed, for the
    supplies whose place depends on it. `reduced_milli` is the rate claimed with `reduced`.
    `one_stop_shop`: the seller is above the threshold of art. 59c, or chose to be.
    """

    on: dt.date
    seller_country: str
    seller_exempt: bool
    buyer_kind: BuyerKind
    buyer_country: str
    buyer_vat_number: str = ""
    supply: Supply = "services"
    treatment: Treatment = "general"
    seller_region: str = ""
    buyer_postcode: str = ""
    buyer_vat_check: VatCheck = "none"
    place_country: str = ""
    place_region: str = ""
    reduced_milli: int | None = None
    one_stop_shop: bool = False


class VatDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: category and rate, the article it rests on, and what the invoice must say.

    `wording` maps en, fr, nl and de to the mention; empty where the law asks for none (S). `taxes`
    are the taxes with their rates; empty means VAT at `rate_milli`. Two taxes on one net (Quebec)
    have their sum in `rate_milli`.
    """

    category: Category
    rate_milli: int
    article: str
    reason_code: str
    wording: Mapping[str, str]
    taxes: tuple[tuple[str, int], ...] = ()

    def mention(self, language: str) -> str:
        """The statutory mention in that language, in English where we have no translation."""
        return self.wording.get(language) or self.wording.get("en", "")

    def reason(self, language: str) -> str:
        """The mention with its article, as the invoice says it; empty at the standard rate."""
        mention = self.mention(language)
        return f"{mention} ({self.article})" if mention and self.article else mention
