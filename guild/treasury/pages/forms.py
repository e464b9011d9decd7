"""What the treasury's pages share: forms that show themselves again when they are refused."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.core.errors import GuildError, Invalid
from guild.core.money import Money
from guild.core.pages import money_text
from guild.core.plain_words import fault_of

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


class _FormRefused(Exception):
    """Carries the page to show again past the Work, so that what was half done is rolled back."""

    def __init__(self, shown: Response[str]) -> None:
        super().__init__("form refused")
        self.shown: Final = shown


def _show_again(_: Request[Any, Any, Any], refused: _FormRefused) -> Response[str]:
    return refused.shown


FORM: Final[dict[str, Any]] = {
    "include_in_schema": False,
    "status_code": 200,
    "exception_handlers": {_FormRefused: _show_again},
}
Show = Callable[..., Awaitable[Response[str]]]


async def or_again(doing: Awaitable[object], to: str, show: Callable[..., Any]) -> Redirect:
    """Go on after a command; a refusal shows the page again with what is wrong."""
    try:
        await doing
    except (GuildError, msgspec.ValidationError) as refusal:
        status = refusal.status if isinstance(refusal, GuildError) else Invalid.status
        raise _FormRefused(await show(status=status, errors=[fault_of(refusal)])) from refusal
    return Redirect(to, status_code=303)


def amount(text: str, currency: str) -> str:
    """A wire amount as people write it: €1,210.00."""
    return money_text(Money.parse(text, currency))
