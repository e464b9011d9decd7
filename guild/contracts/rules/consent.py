"""The sentences that people tick, in the languages of the pages; recorded word for word."""

from typing import Final

CONSENT_VERSION: Final = 1
SENTENCES: Final = {
    "en": {
        "signer": "I have read the contract, I agree to it, and I may sign for {}.",
        "approver": "I have read the contract, and I approve it for {}.",
        "member": "I have read the contract and sign it by sending it to {}.",
    },
    "fr": {
        "signer": "J’ai lu le contrat, je l’accepte, et j’ai le droit de signer pour {}.",
        "approver": "J’ai lu le contrat, et je l’approuve pour {}.",
        "member": "J’ai lu le contrat et je le signe en l’envoyant à {}.",
    },
    "nl": {
        "signer": "Ik heb het contract gelezen, ga ermee akkoord en mag tekenen voor {}.",
        "approver": "Ik heb het contract gelezen en keur het goed voor {}.",
        "member": "Ik heb het contract gelezen en teken het door het te sturen naar {}.",
    },
    "de": {
        "signer": "Ich habe den Vertrag gelesen, stimme ihm zu und darf für {} unterschreiben.",
        "approver": "Ich habe den Vertrag gelesen und genehmige ihn für {}.",
        "member": "Ich habe den Vertrag gelesen und unterschreibe ihn, indem ich ihn an {} sende.",
    },
}


def consent_locale(language: str) -> str:
    """The language of the pages for somebody of that language; English where there is none."""
    return language if language in SENTENCES else "en"


def consent_text(part: str, client: str, language: str = "en") -> str:
    """What a signer, an approver, or the member says yes to."""
    return SENTENCES[consent_locale(language)][part].format(client)
