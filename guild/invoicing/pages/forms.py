"""What the forms of invoices share: a refusal shows the page again with what is wrong."""

from collections.abc import Awaitable, Callable
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


async def or_again(doing: Awaitable[Any], show: Callable[..., Any], to: str = "") -> Redirect:
    """Go on after a command, to `to` or where it says; a refusal shows the page again."""
    try:
        gone = await doing
    except (GuildError, msgspec.ValidationError) as refusal:
        if isinstance(refusal, GuildError) and refusal.status == 404:
            raise
        status = refusal.status if isinstance(refusal, GuildError) else Invalid.status
        raise FormRefused(await show(status=status, errors=[fault_of(refusal)])) from refusal
    return Redirect(to or str(gone), status_code=303)
