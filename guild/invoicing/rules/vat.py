"""Which VAT an invoice carries, and why: one pure decision from the facts of the supply.

The order of the questions is the law's: where is the supply made (art. 31 to 59 of Directive
2006/112/EC), who owes the tax (art. 193 to 199), is it exempt (art. 132, 138, 146, 284), and only
then at which rate (art. 93 to 98). The small-business exemption of art. 284 covers supplies made in
the member's own state only, so work for a business in another state is reverse-charged even then.

The categories are those of EN 16931 (UNCL 5305): S standard, Z zero-rated, E exempt, AE reverse
charge, K intra-community supply of goods, G export of goods, O outside the scope. A case that the
facts do not decide is a question to a person (`VatUndecided` with the field), never a guess.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from guild.core.clock import EU
from guild.invoicing.errors import VatNumberInvalid, VatUndecided
from guild.invoicing.rules.vat_canada import decide_quebec, decide_united_states
from guild.invoicing.rules.vat_facts import (
    BuyerKind,
    Category,
    Supply,
    Treatment,
    VatCheck,
    VatDecision,
    VatFacts,
)
from guild.invoicing.rules.vat_places import (
    Place,
    in_union,
    is_business,
    place_of_goods,
    place_of_service,
    vat_country,
)
from guild.invoicing.rules.vat_tables import (
    article,
    exemption_codes,
    has_national_article,
    reduced_rates_milli,
    standard_rate_milli,
    wording,
)

__all__ = [
    "BuyerKind",
    "Category",
    "Supply",
    "Treatment",
    "VatCheck",
    "VatDecision",
    "VatFacts",
    "check_vat_number",
    "decide_vat",
    "exemption_codes",
    "reduced_rates_milli",
    "standard_rate_milli",
    "vat_country",
]

EXEMPT: Final = {
    "exempt_activity": ("art. 132", "VATEX-EU-132"),
    "exempt_teaching": ("art. 132(1)(i)", "VATEX-EU-132-1I"),
    "exempt_tuition": ("art. 132(1)(j)", "VATEX-EU-132-1J"),
    "exempt_culture": ("art. 132(1)(n)", "VATEX-EU-132-1N"),
    "exempt_care": ("art. 132(1)(c)", "VATEX-EU-132-1C"),
    "exempt_finance": ("art. 135(1)", "VATEX-EU-135-1"),
}
"""Activities exempt by their nature: the directive's article and the official code."""


@lru_cache(4_096)
def check_vat_number(number: str, country: str) -> str:
    """The compact VAT number of a buyer, prefix included; raises VatNumberInvalid.

    Checks form and check digits (python-stdnum), and that the prefix is the buyer's own state.
    Whether the number is registered is a question to VIES, whose answer is a fact of its own.
    """
    try:
        compact: str = eu_vat.validate(number)
    except ValidationError:
        raise VatNumberInvalid(
            f"“{number}” is not a valid VAT number: its form or its check digits are wrong.",
            mend="Ask the client for the number as registered, with the country letters in front.",
            field="client.vat_number",
        ) from None
    country = vat_country(country)
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
    if facts.seller_country == "CA" and facts.seller_region == "QC":
        return decide_quebec(facts)
    if facts.seller_country == "US":
        return decide_united_states(facts)
    if facts.seller_country not in EU:
        raise VatUndecided(
            "Tax is decided for cooperatives established in the EU, in Quebec or in the United "
            f"States, not in {facts.seller_country}.",
            mend="The office has to decide this with an accountant.",
            field="coop.country",
        )
    if facts.treatment == "outside_scope":
        return _decision("O", "art. 2 Directive 2006/112/EC", "VATEX-EU-O", wording("outside"))
    if facts.supply == "goods":
        return _goods(facts, place_of_goods(facts))
    return _service(facts, place_of_service(facts))


def _service(facts: VatFacts, place: Place) -> VatDecision:
    home = facts.seller_country
    if place.country == home:
        return _domestic(facts)
    if not in_union(place.country):
        why = f"art. {place.article} Directive 2006/112/EC"
        return _decision("O", why, "VATEX-EU-O", wording("abroad"))
    if place.distant:
        return _distant(facts, place)
    if place.general:
        _need_number(facts)
        why = article("art. 44, 196", home, "AE")
        return _decision("AE", why, "VATEX-EU-AE", wording("reverse_charge"))
    if facts.treatment == "reverse_charge_national" and is_business(facts):
        _need_number(facts)
        why = f"art. {place.article}, 194 Directive 2006/112/EC"
        return _decision("AE", why, "VATEX-EU-AE", wording("reverse_charge"))
    raise VatUndecided(
        f"This work is taxed in {place.country}, where it is performed "
        f"(art. {place.article} of Directive 2006/112/EC). That state's law says whether the "
        "client owes the tax (art. 194) or the cooperative has to register there.",
        mend="If the client owes it, say on the draft `reverse_charge_national`; otherwise ask the "
        "office.",
        field="treatment",
    )


def _distant(facts: VatFacts, place: Place) -> VatDecision:
    """Distance sales and electronic services to consumers: art. 59c, then the one-stop shop."""
    if not facts.one_stop_shop:
        return _domestic(facts)
    if facts.treatment != "general":
        raise VatUndecided(
            f"The tax of {place.country} is due by the one-stop shop, and its exemptions and "
            "reduced rates are that state's own.",
            mend="Sales at anything but the standard rate of another state go through the office.",
            field="treatment",
        )
    why = f"art. {place.article}, 369a Directive 2006/112/EC"
    return _charged(standard_rate_milli(place.country, facts.on), why)


def _domestic(facts: VatFacts) -> VatDecision:
    home = facts.seller_country
    same = vat_country(facts.buyer_country, facts.buyer_postcode) == home
    if facts.buyer_vat_number and same:
        check_vat_number(facts.buyer_vat_number, facts.buyer_country)
    if facts.seller_exempt:
        code = "VATEX-FR-FRANCHISE" if home == "FR" else ""
        return _decision("E", article("art. 284", home, "small"), code, wording("small", home))
    if facts.treatment in EXEMPT:
        directive, code = EXEMPT[facts.treatment]
        why = article(directive, home, facts.treatment)
        return _decision("E", why, code, wording(facts.treatment))
    if facts.treatment == "zero_rated":
        return _decision("Z", "art. 98, 110 Directive 2006/112/EC", "", wording("zero"))
    if facts.treatment == "reverse_charge_national":
        return _national_reverse_charge(facts, home)
    if facts.treatment == "reduced":
        return _charged(_claimed_rate(facts), "art. 98 Directive 2006/112/EC")
    return _charged(standard_rate_milli(home, facts.on), "art. 96 Directive 2006/112/EC")


def _claimed_rate(facts: VatFacts) -> int:
    rates = reduced_rates_milli(facts.seller_country, facts.on)
    if facts.reduced_milli in rates:
        return facts.reduced_milli
    known = ", ".join(f"{rate / 1000:g} %" for rate in rates) or "none"
    raise VatUndecided(
        f"The reduced rates of {facts.seller_country} on {facts.on.isoformat()} are: {known}.",
        mend="Name one of them, or the general treatment.",
        field="reduced_percent",
        rates=[f"{rate / 1000:g}" for rate in rates],
    )


def _national_reverse_charge(facts: VatFacts, home: str) -> VatDecision:
    if not is_business(facts) or not facts.buyer_vat_number:
        raise VatUndecided(
            "Under reverse charge the client owes the VAT, so it must be a business with a VAT "
            "number.",
            mend="Add the client's VAT number, or choose another treatment.",
            field="client.vat_number",
        )
    if not has_national_article(home, "domestic"):
        raise VatUndecided(
            f"No rule on the reverse charge within {home} is on file (art. 194 to 199b).",
            mend="The office has to decide this with an accountant.",
            field="treatment",
        )
    code = "VATEX-FR-AE" if home == "FR" else "VATEX-EU-AE"
    why = article("art. 199", home, "domestic")
    return _decision("AE", why, code, wording("reverse_charge"))


def _goods(facts: VatFacts, place: Place) -> VatDecision:
    home = facts.seller_country
    if place.country == home:
        return _domestic(facts)
    if not in_union(place.country):
        why = article("art. 146", home, "G")
        return _decision("G", why, "VATEX-EU-G", wording("export"))
    if facts.buyer_kind == "consumer":
        distant = msgspec.structs.replace(place, article="33", distant=True)
        return _distant(facts, distant)
    if not facts.buyer_vat_number:
        raise VatUndecided(
            "Goods sent to another member state are exempt only for a buyer with a VAT number "
            "(art. 138 of Directive 2006/112/EC).",
            mend="Add the client's VAT number, or record the client as a consumer if it is one.",
            field="client.vat_number",
        )
    _need_number(facts)
    if facts.seller_exempt:
        why = article("art. 139(1), 284", home, "small")
        code = "VATEX-FR-FRANCHISE" if home == "FR" else ""
        return _decision("E", why, code, wording("small", home))
    why = article("art. 138", home, "K")
    return _decision("K", why, "VATEX-EU-IC", wording("intra"))


def _need_number(facts: VatFacts) -> None:
    """The client's VAT number, its check digits right and not denied by VIES."""
    if not facts.buyer_vat_number:
        raise VatUndecided(
            "A business in another member state is invoiced under reverse charge, and that needs "
            "its VAT number.",
            mend="Add the client's VAT number, or record the client as a consumer if it is one.",
            field="client.vat_number",
        )
    check_vat_number(facts.buyer_vat_number, facts.buyer_country)
    if facts.buyer_vat_check == "invalid":
        raise VatUndecided(
            f"VIES does not know the VAT number {facts.buyer_vat_number}: without a registered "
            "number neither the reverse charge nor the exemption holds.",
            mend="Ask the client for its registered number, and have it checked again.",
            field="client.vat_number",
        )


def _charged(rate_milli: int, why: str) -> VatDecision:
    return VatDecision(category="S", rate_milli=rate_milli, article=why, reason_code="", wording={})


def _decision(category: Category, why: str, code: str, words: Mapping[str, str]) -> VatDecision:
    return VatDecision(
        category=category, rate_milli=0, article=why, reason_code=code, wording=words
    )
