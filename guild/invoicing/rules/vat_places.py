"""Where a supply is made: the place-of-supply rules of Directive 2006/112/EC, art. 31 to 59.

The VAT territory of the Union is not its map: some islands and enclaves of member states lie
outside (art. 6), Monaco and Northern Ireland's goods inside (art. 7 and the Windsor Framework).
"""

from typing import Final

import msgspec

from guild.core.clock import EU
from guild.invoicing.errors import VatUndecided
from guild.invoicing.rules.vat_facts import VatFacts

OUTSIDE: Final = {
    "ES": ("35", "38", "51", "52"),  # Canary Islands, Ceuta, Melilla
    "FR": ("971", "972", "973", "974", "976", "975", "977", "978", "986", "987", "988"),
    "DE": ("27498", "78266"),  # Helgoland, Büsingen
    "IT": ("23041", "22061"),  # Livigno, Campione d'Italia
    "FI": ("22",),  # Åland
    "GR": ("63086", "63087"),  # Mount Athos
}
"""First digits of the postcodes that lie outside the VAT territory (art. 6)."""

FRENCH_TERRITORY: Final = {"MC": "FR"}
"""Countries that count as a member state's territory (art. 7)."""

BY_PLACE: Final = {
    "real_estate": "47",
    "passenger_transport": "48",
    "restaurant": "55",
    "short_hire": "56",
}
"""Supplies made where they are performed, whoever buys."""

BY_PLACE_CONSUMER: Final = {"activity": "54", "work_on_goods": "54"}
"""Supplies that are made where they are performed for a customer who is no business."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a supply is made, empty outside the Union, and by which article.

    `distant`: a consumer's own state by art. 33 or 58, which the one-stop shop covers.
    `general`: the customer's state by art. 44, where the customer owes the tax by art. 196.
    """

    country: str
    article: str
    distant: bool = False
    general: bool = False


def vat_country(country: str, postcode: str = "") -> str:
    """The member state whose VAT territory a place lies in, or the country itself outside."""
    country = FRENCH_TERRITORY.get(country, country)
    compact = "".join(sign for sign in postcode if sign.isalnum())
    if compact.startswith(OUTSIDE.get(country, ())):
        return f"{country}*"  # a third territory
    return country


def in_union(country: str) -> bool:
    """Whether a `vat_country` belongs to the VAT territory of the Union."""
    return country in EU


def is_business(facts: VatFacts) -> bool:
    """Whether the customer is a taxable person or a body with a VAT number (art. 43)."""
    if facts.buyer_kind == "consumer":
        return False
    return facts.buyer_kind == "company" or bool(facts.buyer_vat_number)


def place_of_service(facts: VatFacts) -> Place:
    """Where a service is made; raises VatUndecided where the place of the work is not given."""
    home = vat_country(facts.seller_country)
    away = vat_country(facts.buyer_country, facts.buyer_postcode)
    business = is_business(facts)
    if facts.supply in BY_PLACE:
        return Place(country=_performed(facts), article=BY_PLACE[facts.supply])
    if facts.supply == "event":
        return Place(country=_performed(facts), article="53" if business else "54")
    if business:
        return Place(country=away, article="44", general=away != home)
    return _for_consumer(facts, home, away)


def _for_consumer(facts: VatFacts, home: str, away: str) -> Place:
    if facts.supply in BY_PLACE_CONSUMER:
        return Place(country=_performed(facts), article=BY_PLACE_CONSUMER[facts.supply])
    if facts.supply == "electronic":
        return Place(country=away, article="58", distant=away != home)
    if in_union(away):
        return Place(country=home, article="45")
    if facts.supply == "intangible":
        return Place(country=away, article="59")
    raise VatUndecided(
        "For a private or public client outside the EU the kind of service decides "
        "(art. 45 or 59 of Directive 2006/112/EC).",
        mend="Say on the draft what is supplied: `intangible` for advice, advertising, data or "
        "rights, `electronic`, or an activity with its place. If none fits, ask the office.",
        field="supply",
    )


def _performed(facts: VatFacts) -> str:
    if not facts.place_country:
        raise VatUndecided(
            "The VAT of this kind of service depends on where it is performed.",
            mend="Name the country on the draft.",
            field="place_country",
        )
    return vat_country(facts.place_country)


def place_of_goods(facts: VatFacts) -> Place:
    """Where goods go to: the place given on the draft, else the customer's (art. 32, 33)."""
    if facts.place_country:
        country = vat_country(facts.place_country)
    else:
        country = vat_country(facts.buyer_country, facts.buyer_postcode)
    if country == "GB" and (
        facts.place_region == "NIR" or facts.buyer_vat_number.upper().startswith("XI")
    ):
        raise VatUndecided(
            "Goods for Northern Ireland follow EU rules of their own (Windsor Framework).",
            mend="Goods for Northern Ireland go through the office.",
            field="place_country",
        )
    return Place(country=country, article="32")
