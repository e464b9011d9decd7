"""Which VAT an invoice carries, and why: one pure decision from the facts of the supply.

The order of the questions is the law's: where is the supply made (art. 31 to 59 of Directive
2006/112/EC), who owes the tax (art. 193 to 196), is it exempt (art. 132, 138, 146, 284), and only
then at which rate (art. 93 to 98). The small-business exemption of art. 284 covers supplies made in
the member's own state only, so work for a business in another state is reverse-charged even then.

The categories are those of EN 16931 (UNCL 5305): S standard, Z zero-rated, E exempt, AE reverse
charge, K intra-community supply of goods, G export of goods, O outside the scope.
"""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from guild.core.clock import EU
from guild.invoicing.errors import VatNumberInvalid, VatRateUnknown, VatUndecided

Supply = Literal["services", "goods"]
Treatment = Literal["general", "zero_rated", "exempt_activity", "outside_scope"]
BuyerKind = Literal["company", "public_body", "consumer"]
Category = Literal["S", "Z", "E", "AE", "K", "G", "O"]


class VatFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the decision rests on.

    `on` is the day the VAT becomes due; `treatment` is "general" unless the member states that the
    work itself is zero-rated, exempt by its nature (art. 132: teaching, an artist's performance) or
    no supply at all (a grant, damages). `buyer_vat_number` is as the client wrote it, or empty.
    """

    on: dt.date
    seller_country: str
    seller_exempt: bool
    buyer_kind: BuyerKind
    buyer_country: str
    buyer_vat_number: str = ""
    supply: Supply = "services"
    treatment: Treatment = "general"


class VatDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: category and rate, the article it rests on, and what the invoice must say.

    `wording` maps en, fr, nl and de to the mention; empty where the law asks for none (S).
    """

    category: Category
    rate_bps: int
    article: str
    reason_code: str
    wording: Mapping[str, str]

    def mention(self, language: str) -> str:
        """The statutory mention in that language, in English where we have no translation."""
        return self.wording.get(language) or self.wording.get("en", "")


class _Rate(msgspec.Struct, frozen=True):
    standard_bps: int
    source: str
    since: dt.date = msgspec.field(name="from")
    until: dt.date | None = None


class _Rates(msgspec.Struct, frozen=True):
    about: str
    known_until: dt.date
    rates: dict[str, list[_Rate]]


@cache
def _rates() -> _Rates:
    source = files("guild.invoicing").joinpath("data/vat_rates.json").read_bytes()
    return msgspec.json.decode(source, type=_Rates)


@cache
def standard_rate_bps(country: str, on: dt.date) -> int:
    """The standard rate of a member state on a day, in basis points; raises VatRateUnknown."""
    table = _rates()
    if on <= table.known_until:
        for rate in table.rates.get(country, ()):
            if rate.since <= on and (rate.until is None or on <= rate.until):
                return rate.standard_bps
    raise VatRateUnknown(
        f"No standard VAT rate is on file for {country} on {on.isoformat()}.",
        mend="The table of rates has to be reviewed and extended first; an old rate is not reused.",
        country=country,
        on=on.isoformat(),
    )


NO_WORDING: Final[Mapping[str, str]] = {}
REVERSE_CHARGE: Final = {
    "en": "Reverse charge",
    "fr": "Autoliquidation",
    "nl": "Btw verlegd",
    "de": "Steuerschuldnerschaft des Leistungsempfängers",
}
SMALL_BUSINESS: Final = {
    "en": "Small enterprise subject to the exemption scheme, VAT not applicable",
    "fr": "Régime particulier de franchise des petites entreprises",
    "nl": "Bijzondere vrijstellingsregeling kleine ondernemingen",
    "de": "Sonderregelung der Steuerbefreiung für Kleinunternehmen",
}
INTRA_COMMUNITY: Final = {
    "en": "VAT-exempt intra-Community supply",
    "fr": "Exonération de TVA, livraison intracommunautaire",
    "nl": "Vrijgesteld van btw, intracommunautaire levering",
    "de": "Steuerfreie innergemeinschaftliche Lieferung",
}
EXPORT: Final = {
    "en": "VAT-exempt export",
    "fr": "Exonération de TVA, exportation",
    "nl": "Vrijgesteld van btw, uitvoer",
    "de": "Steuerfreie Ausfuhrlieferung",
}
PLACED_ABROAD: Final = {
    "en": "Not subject to VAT, service supplied outside the EU",
    "fr": "Non soumis à la TVA, prestation localisée hors de l'Union européenne",
    "nl": "Niet aan btw onderworpen, dienst verricht buiten de Europese Unie",
    "de": "Nicht steuerbar, Leistungsort außerhalb der Europäischen Union",
}
OUTSIDE_SCOPE: Final = {
    "en": "Not subject to VAT",
    "fr": "Non soumis à la TVA",
    "nl": "Niet aan btw onderworpen",
    "de": "Nicht steuerbar",
}
ZERO_RATED: Final = {
    "en": "VAT at the zero rate",
    "fr": "TVA au taux zéro",
    "nl": "Btw aan het nultarief",
    "de": "Mehrwertsteuer zum Nullsatz",
}
EXEMPT_ACTIVITY: Final = {
    "en": "Exempt from VAT, activity in the public interest",
    "fr": "Exonéré de TVA, activité d'intérêt général",
    "nl": "Vrijgesteld van btw, activiteit van algemeen belang",
    "de": "Steuerfreie, dem Gemeinwohl dienende Tätigkeit",
}

NATIONAL_ARTICLES: Final = {
    ("BE", "AE"): "art. 21 § 2, 51 § 2 CTVA",
    ("BE", "K"): "art. 39bis CTVA",
    ("BE", "G"): "art. 39 CTVA",
    ("BE", "small"): "art. 56bis CTVA",
    ("BE", "132"): "art. 44 CTVA",
}
"""The national provision beside the directive's, where the cooperative's state is on file."""


def check_vat_number(number: str, country: str) -> str:
    """The compact VAT number of a buyer, prefix included; raises VatNumberInvalid.

    Checks form and check digits (python-stdnum), and that the prefix is the buyer's own state.
    Whether the number is registered is a question to VIES, outside of this decision.
    """
    try:
        compact: str = eu_vat.validate(number)
    except ValidationError:
        raise VatNumberInvalid(
            f"“{number}” is not a valid VAT number: its form or its check digits are wrong.",
            mend="Ask the client for the number as registered, with the country letters in front.",
            field="client.vat_number",
        ) from None
    prefix = "EL" if country == "GR" else country
    if not compact.upper().startswith(prefix):
        raise VatNumberInvalid(
            f"The VAT number {compact} is not one of {country}, where the client is established.",
            mend="Correct the client's country or the VAT number.",
            field="client.vat_number",
        )
    return compact.upper()


def decide_vat(facts: VatFacts) -> VatDecision:
    """Decide category, rate and mention of a supply.

    Raises VatUndecided where a fact is missing that the law asks for, VatNumberInvalid for a wrong
    number, VatRateUnknown where the dated table ends.
    """
    if facts.treatment == "outside_scope":
        return _decision("O", facts, "art. 2 Directive 2006/112/EC", "VATEX-EU-O", OUTSIDE_SCOPE)
    if facts.buyer_country == facts.seller_country:
        return _domestic(facts)
    if facts.supply == "goods":
        return _goods_abroad(facts)
    return _service_abroad(facts)


def _domestic(facts: VatFacts) -> VatDecision:
    if facts.buyer_vat_number:
        check_vat_number(facts.buyer_vat_number, facts.buyer_country)
    if facts.seller_exempt:
        article = _article(facts, "small", "art. 284 Directive 2006/112/EC")
        return _decision("E", facts, article, "", SMALL_BUSINESS)
    if facts.treatment == "exempt_activity":
        article = _article(facts, "132", "art. 132 Directive 2006/112/EC")
        return _decision("E", facts, article, "VATEX-EU-132", EXEMPT_ACTIVITY)
    if facts.treatment == "zero_rated":
        article = "art. 98, 110 Directive 2006/112/EC"
        return _decision("Z", facts, article, "", ZERO_RATED)
    return _standard(facts, "art. 96 Directive 2006/112/EC")


def _service_abroad(facts: VatFacts) -> VatDecision:
    taxable_buyer = facts.buyer_kind == "company" or bool(facts.buyer_vat_number)
    if facts.buyer_kind == "consumer":
        taxable_buyer = False
    if facts.buyer_country not in EU:
        if taxable_buyer:
            article = "art. 44 Directive 2006/112/EC"
            return _decision("O", facts, article, "VATEX-EU-O", PLACED_ABROAD)
        raise VatUndecided(
            "For a private or public client outside the EU the kind of service decides "
            "(art. 45 or 59 of Directive 2006/112/EC).",
            mend="State on the draft that it is outside the scope, or ask the office.",
            field="treatment",
        )
    if not taxable_buyer:  # art. 45: taxed where the supplier is, whoever travels
        return _domestic(msgspec.structs.replace(facts, buyer_vat_number=""))
    if not facts.buyer_vat_number:
        raise VatUndecided(
            "A business in another member state is invoiced under reverse charge, and that needs "
            "its VAT number.",
            mend="Add the client's VAT number, or record the client as a consumer if it is one.",
            field="client.vat_number",
        )
    check_vat_number(facts.buyer_vat_number, facts.buyer_country)
    article = _article(facts, "AE", "art. 44, 196 Directive 2006/112/EC")
    return _decision("AE", facts, article, "VATEX-EU-AE", REVERSE_CHARGE)


def _goods_abroad(facts: VatFacts) -> VatDecision:
    if facts.buyer_country not in EU:
        article = _article(facts, "G", "art. 146 Directive 2006/112/EC")
        return _decision("G", facts, article, "VATEX-EU-G", EXPORT)
    if not facts.buyer_vat_number:
        raise VatUndecided(
            "Goods sent to another member state are exempt only for a buyer with a VAT number; "
            "without one it is a distance sale (art. 33 of Directive 2006/112/EC).",
            mend="Add the client's VAT number. Distance sales go through the office.",
            field="client.vat_number",
        )
    check_vat_number(facts.buyer_vat_number, facts.buyer_country)
    if facts.seller_exempt:
        article = _article(facts, "small", "art. 139(1), 284 Directive 2006/112/EC")
        return _decision("E", facts, article, "", SMALL_BUSINESS)
    article = _article(facts, "K", "art. 138 Directive 2006/112/EC")
    return _decision("K", facts, article, "VATEX-EU-IC", INTRA_COMMUNITY)


def _standard(facts: VatFacts, article: str) -> VatDecision:
    return VatDecision(
        category="S",
        rate_bps=standard_rate_bps(facts.seller_country, facts.on),
        article=article,
        reason_code="",
        wording=NO_WORDING,
    )


def _decision(
    category: Category, facts: VatFacts, article: str, code: str, wording: Mapping[str, str]
) -> VatDecision:
    if facts.seller_country not in EU:
        raise VatUndecided("VAT is decided for cooperatives established in the EU only.")
    return VatDecision(
        category=category, rate_bps=0, article=article, reason_code=code, wording=wording
    )


def _article(facts: VatFacts, key: str, directive: str) -> str:
    national = NATIONAL_ARTICLES.get((facts.seller_country, key))
    return f"{directive}; {national}" if national else directive
