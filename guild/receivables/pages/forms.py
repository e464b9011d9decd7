"""Forms that work without JavaScript: go on after a command, or show the page again."""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.core.errors import GuildError, Invalid
from guild.core.plain_words import fault_of

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
CLOSED: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

WORDS: Final = Path(__file__).parent.parent / "templates" / "refused.json"


@cache
def _words() -> dict[str, dict[str, str]]:
    """Language → code of a refusal or name of a field → what a client reads."""
    return msgspec.json.decode(WORDS.read_bytes(), type=dict[str, dict[str, str]])


async def told_in(lang: str, doing: Awaitable[object]) -> None:
    """Do it, and say a refusal in the client's language: by its code, its field, or in general.

    In English it is told as it was said, which is more exact.
    """
    try:
        await doing
    except (GuildError, msgspec.ValidationError) as refusal:
        if lang == "en":
            raise
        words, field = _words()[lang], fault_of(refusal)["field"]
        place = "file" if field.startswith("files") else field
        code = refusal.code if isinstance(refusal, GuildError) else ""
        text = words.get(code) or words.get(place) or words["other"]
        if isinstance(refusal, msgspec.ValidationError):
            raise Invalid(text, field=place) from refusal
        refusal.args, refusal.detail, refusal.mend = (text,), text, ""
        raise


class FormRefused(Exception):
    """Carries the page to show again past the Work, so that what was half done is rolled back."""

    def __init__(self, shown: Response[str]) -> None:
        super().__init__("form refused")
        self.shown: Final = shown


def _show_again(_: Request[Any, Any, Any], refused: FormRefused) -> Response[str]:
    return refused.shown


FORM: Final[dict[str, Any]] = {
    "include_in_schema": False,
    "status_code": 200,
    "exception_handlers": {FormRefused: _show_again},
}


async def or_again(
    doing: Awaitable[object], to: str, show: Callable[..., Awaitable[Response[str]]]
) -> Redirect:
    """Go on after a command; a refusal shows the page again with what is wrong."""
    try:
        await doing
    except (GuildError, msgspec.ValidationError) as refusal:
        status = refusal.status if isinstance(refusal, GuildError) else Invalid.status
        raise FormRefused(await show(status=status, errors=[fault_of(refusal)])) from refusal
    return Redirect(to, status_code=303)


def said(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """The fields of a form that were filled in, amounts as people type them made plain."""
    found = {name: data[name] for name in names if data.get(name)}
    for name in ("amount", "net"):
        if name in found:
            found[name] = found[name].replace(" ", "").replace(",", ".").lstrip("€")
    return found
