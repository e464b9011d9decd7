"""The document that the client reads and signs, as exact bytes, in the contract's language.

It is an HTML fragment without links, scripts or styles, made from the terms alone, so that the
same terms give the same bytes for ever under one template version. Those bytes are stored when the
offer is sent, shown inside the offer's page, and hashed into both signatures.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.terms import Terms
from guild.contracts.rules.wording import (
    WORDING_VERSION,
    clauses,
    day_words,
    money_words,
    rate_words,
    wording_bytes,
    words_of,
)

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
TEMPLATE: Final = "shown.html"
TEMPLATE_NAME: Final = f"guild.contract.shown/1.{WORDING_VERSION}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    filters: dict[str, Any] = {"money": money_words, "day": day_words, "rate": rate_words}
    environment.filters |= filters
    return environment.get_template(TEMPLATE)


@cache
def template_version() -> str:
    """Name of the template, and the start of the fingerprint of it and of the house's words."""
    content = (TEMPLATES / TEMPLATE).read_bytes() + wording_bytes()
    return f"{TEMPLATE_NAME}@{sha256(content)[:12]}"


def shown_bytes(terms: Terms, *, number: str, version: int, coop: str) -> bytes:
    """The exact bytes of the document; `coop` is the name of the cooperative that invoices.

    Raises MissingTranslationError when a clause has no text in the contract's language.
    """
    html = _template().render(
        terms=terms,
        lang=terms.language,
        words=words_of(terms.language, terms.wording)["shown"],
        number=number,
        version=version,
        clauses=clauses(terms, coop),
    )
    return html.encode()
