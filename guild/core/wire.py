"""Shapes and doors of the HTTP interface that every feature shares.

Inputs derive from `In` (unknown fields are refused), outputs from `Out` (no defaults: what is
always sent is required in the OpenAPI document). Every text has a length limit and no NUL.
Route decorators take `permission=`, without which the guard refuses the handler.
"""

import copyreg
import functools
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from guild.core.appends import Appender
from guild.core.doors import delete, get, marked, patch, post, put
from guild.core.errors import BadRequest, Invalid
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work

# Litestar deep-copies the signatures of handlers. A Meta cannot be taken apart for that, and being
# frozen it need not be: a reducer that returns a name makes `deepcopy` keep the object itself.
copyreg.pickle(Meta, lambda _: "Meta")

NO_NUL: Final = r"^[^\x00]*$"
ShortText = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")
]
OptionalText = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00\r\n]*$")]
LongText = Annotated[
    str, Meta(min_length=1, max_length=5000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
]
OptionalLongText = Annotated[str, Meta(max_length=5000, pattern=NO_NUL)]
Email = Annotated[
    str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s\x00]{1,64}@[^@\s\x00]{1,189}$")
]
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", examples=["BE"])]
CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
LanguageCode = Annotated[str, Meta(pattern=r"^(en|fr|nl|de)$", examples=["en"])]
Amount = Annotated[
    str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,3})?$", examples=["1210.00"], description="Decimal")
]
SignedAmount = Annotated[
    str, Meta(pattern=r"^-?[0-9]{1,13}(\.[0-9]{1,3})?$", examples=["-12.50"], description="Decimal")
]
Cursor = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_=-]*$")]
PageSize = Annotated[int, Meta(ge=1, le=100)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class In(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes in: unknown fields are refused, so nothing is silently ignored or assigned."""


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """What goes out: no defaults."""


T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list; ask again with `cursor=next_cursor` until it is null."""

    items: Sequence[T]
    next_cursor: str | None


def encode_cursor(*key: object) -> str:
    """An opaque cursor from the key of the last row."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode()


def decode_cursor(cursor: str, types: type[T]) -> T:
    """The key again, typed as a tuple; raises BadRequest when somebody made it up."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor), type=types)
    except ValueError as wrong:
        raise BadRequest(
            "The cursor is not one that Guild gave out.",
            mend="Take next_cursor from the previous page, or leave it out to start again.",
            field="cursor",
        ) from wrong


def money_in(amount: str, currency: str, *, field: str, zero: bool = False) -> Money:
    """A typed amount as Money; refuses zero unless allowed, and too many decimals."""
    try:
        money = Money.parse(amount, currency)
    except ValueError as wrong:
        raise Invalid(f"{wrong}.", field=field, mend="Write it like 1210.00.") from None
    if money.minor < 0 or (money.minor == 0 and not zero):
        raise Invalid("The amount must be above zero.", field=field)
    return money


ANSWERS = Appender(
    "idempotency",
    {
        "actor_id": "uuid",
        "key": "text",
        "input_hash": "bytea",
        "status": "smallint",
        "answer": "bytea",
        "at": "timestamptz",
    },
)
"""Answers under idempotency keys; `idempotency.py` replays them."""

Handler = Callable[..., Awaitable[Any]]
KEY_PATTERN: Final = re.compile(r"^[\x21-\x7e]{8,200}$")


def post_once(
    path: str, *, permission: Permission, **options: Any
) -> Callable[[Handler], HTTPRouteHandler]:
    """A POST that moves money or issues a document: it needs an `Idempotency-Key` header.

    The answer is stored under the key in the transaction of the effect; the same key and input
    are answered with it again, another input is refused with 422.
    """

    def declare(handler: Handler) -> HTTPRouteHandler:
        marked(path, handler)

        @functools.wraps(handler)
        async def once(**arguments: Any) -> Any:
            answer = await handler(**arguments)
            work: Work = arguments["work"]
            assert work.claim is not None, "the work dependency reads the key"
            assert work.actor.id is not None, "an anonymous POST cannot be idempotent"
            work.append(
                ANSWERS,
                actor_id=work.actor.id,
                key=work.claim.key,
                input_hash=work.claim.input_hash,
                status=options.get("status_code", 201),
                answer=msgspec.json.encode(answer),
                at=work.now,
            )
            return answer

        route: HTTPRouteHandler = post(path, permission=permission, idempotent=True, **options)(
            once
        )
        return route

    return declare


__all__ = [
    "ANSWERS", "KEY_PATTERN", "Amount", "CountryCode", "CurrencyCode", "Cursor", "Digest", "Email",
    "In", "LanguageCode", "LongText", "OptionalLongText", "OptionalText", "Out", "Page", "PageSize",
    "ShortText", "SignedAmount", "decode_cursor", "delete", "encode_cursor", "get", "money_in",
    "patch", "post", "post_once", "put",
]  # fmt: skip
