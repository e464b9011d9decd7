"""Route decorators: Litestar's own, told where each argument of a handler comes from.

A handler annotates plainly: `work`, `data`, names that stand in the path, and the rest, which are
query parameters. The markers that Litestar wants for that are added here, and the limits of a
`msgspec.Meta` are handed on, which Litestar would drop for what stands in the address.
"""

import re
import types
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import litestar
from litestar.di import Dependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import (
    BodyKwarg,
    DependencyKwarg,
    KwargDefinition,
    PathParameter,
    QueryParameter,
    RawBody,
)
from msgspec import Meta

from guild.core.permissions import Permission

Handler = Callable[..., Awaitable[Any]] | Callable[..., Any]
Door = Callable[[Handler], HTTPRouteHandler]
GIVEN: Final = frozenset({"request", "headers", "cookies", "query", "scope", "return"})
"""Arguments that Litestar fills by their name alone."""
LIMITS: Final = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")


def marked(path: str, handler: Handler) -> Handler:
    """The handler, its annotations completed for a route at `path`."""
    in_path = set(re.findall(r"{(\w+)(?::\w+)?}", path))
    hints = get_type_hints(handler, include_extras=True)
    for name, hint in hints.items():
        if name not in GIVEN and not _is_marked(hint):
            hints[name] = _marked(name, hint, in_path)
    handler.__annotations__ = hints
    return handler


def _is_marked(hint: Any) -> bool:
    found = getattr(hint, "__metadata__", ())
    return any(isinstance(one, KwargDefinition | Dependency | DependencyKwarg) for one in found)


def _marked(name: str, hint: Any, in_path: set[str]) -> Any:
    if name == "work":
        return Annotated[hint, Dependency(kind="named")]
    if name == "data":
        return Annotated[hint, BodyKwarg(media_type=RequestEncodingType.JSON)]
    if name == "body":
        return RawBody
    if name in in_path:
        return Annotated[hint, PathParameter(**_limits(hint))]
    return Annotated[hint, QueryParameter(**_limits(hint))]


def _limits(hint: Any) -> dict[str, Any]:
    """The limits of the Meta of a type, or of the one type of an optional one."""
    metas = [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Meta)]
    if get_origin(hint) in {Union, types.UnionType}:
        metas += [m for part in get_args(hint) for m in getattr(part, "__metadata__", ())
                  if isinstance(m, Meta)]  # fmt: skip
    return {
        limit: value
        for meta in metas
        for limit in LIMITS
        if (value := getattr(meta, limit)) is not None
    }


def _door(method: Callable[..., Any]) -> Callable[..., Door]:
    def open_door(path: str, *, permission: Permission, **options: Any) -> Door:
        def declare(handler: Handler) -> HTTPRouteHandler:
            route: HTTPRouteHandler = method(path, permission=permission, **options)(
                marked(path, handler)
            )
            return route

        return declare

    return open_door


get: Final = _door(litestar.get)
post: Final = _door(litestar.post)
put: Final = _door(litestar.put)
patch: Final = _door(litestar.patch)
delete: Final = _door(litestar.delete)
