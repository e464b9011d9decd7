"""What one can speak about in an offer: the whole, the price, the deliveries, and each clause."""

from typing import Final

from guild.contracts.rules.library import library
from guild.contracts.rules.terms import Terms

WHOLE: Final = ""
PLACES: Final = {
    WHOLE: {"en": "The whole contract", "fr": "Le contrat entier", "nl": "Het hele contract"},
    "price": {"en": "Price and payment", "fr": "Prix et paiement", "nl": "Prijs en betaling"},
    "deliveries": {
        "en": "Deliveries and days", "fr": "Livraisons et dates", "nl": "Leveringen en data",
    },
}  # fmt: skip


def places(terms: Terms) -> dict[str, str]:
    """Each place of these terms by its name, with its heading in the contract's language.

    A clause of the library has its id; a further one `own.1`, `own.2` in the order of the terms.
    """
    lang = terms.language
    found = {name: words.get(lang, words["en"]) for name, words in PLACES.items()}
    for chosen in terms.library:
        versions = {one.version: one for one in library()[chosen.id].versions}
        heading = versions[chosen.version].heading
        found[chosen.id] = heading.get(lang) or heading["en"]  # type: ignore[call-overload]
    for number, clause in enumerate(terms.clauses, 1):
        found[f"own.{number}"] = clause.heading
    return found
