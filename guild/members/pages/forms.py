"""What the forms share: reading them, and showing them again when they are refused."""

import re
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body

from guild.core.errors import GuildError
from guild.core.wire import In
from guild.core.work import Work

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
Faults = list[dict[str, str]]
T = TypeVar("T", bound=In)
NO_STORE: Final = {"Cache-Control": "no-store"}
LABELS: Final = {
    "email": "the e-mail address",
    "iban": "the IBAN",
    "holder": "the account holder",
    "legal_name": "the full name",
    "vat_number": "the VAT number",
    "url": "the address",
    "current": "the current password",
    "new": "the new password",
    "kinds": "the facts: choose one or more",
    "scopes": "what the key may do: choose one or more",
}
"""What a field is called in a sentence where its own name would not do."""
_HERE: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,300}")
_PATH: Final = re.compile(r"`\$\.(\w+)")
_MISSING: Final = re.compile(r"required field `(\w+)`")


class FormRefused(Exception):
    """Carries the form to show again past the Work, so that what was half done is rolled back."""

    def __init__(self, shown: Response[Any]) -> None:
        super().__init__("form refused")
        self.shown: Final = shown


def _show_again(_: Request[Any, Any, Any], refused: FormRefused) -> Response[Any]:
    return refused.shown


FORM: Final[dict[str, Any]] = {
    "include_in_schema": False,
    "status_code": 200,
    "exception_handlers": {FormRefused: _show_again},
}


def local_path(to: str) -> str:
    """Only a path of this site: nobody is sent elsewhere after signing in."""
    return to if _HERE.fullmatch(to) else "/me"


def text_of(data: dict[str, Any], name: str) -> str:
    """One field as text; a field that was sent twice counts as empty."""
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def read_form(data: dict[str, Any], shape: type[T], *names: str) -> T:
    """The named fields as an input; raises msgspec.ValidationError."""
    return msgspec.convert({name: text_of(data, name) for name in names}, shape)


def answer_refused(work: Work, refusal: Exception, shown: Response[Any]) -> Response[Any]:
    """The refused form; everything is rolled back, save a count that has to stay."""
    if work.refused(refusal):
        return shown
    raise FormRefused(shown) from refusal


def status_of(refusal: Exception | None) -> int:
    """The HTTP status of a page with this refusal."""
    if refusal is None:
        return 200
    return refusal.status if isinstance(refusal, GuildError) else 400


def faults_of(refusal: Exception | None) -> Faults:
    """What to put right, for the summary and beside the fields."""
    if refusal is None:
        return []
    if isinstance(refusal, GuildError):
        sentence = f"{refusal.detail} {refusal.mend}".strip()
        return [{"field": refusal.field, "text": sentence}]
    named = _PATH.search(str(refusal)) or _MISSING.search(str(refusal))
    field = named[1] if named else ""
    label = LABELS.get(field, f"the {field.replace('_', ' ')}" if field else "the form")
    return [
        {"field": field, "text": f"Please check {label}: it is missing or not in the right form."}
    ]
