"""Every door of the application: each route and method with what it declares."""

from functools import cache
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from guild.core.permissions import Permission
from guild.web.openapi import document, operations

OPEN_BY_NATURE = ("/static", "/docs")
"""Files and the description of the interface: no data of anybody, no Work."""


class Door(msgspec.Struct, kw_only=True, frozen=True):
    """One method of one route."""

    method: str
    template: str
    permission: Permission
    keyed: bool
    handler: Any
    example: Any = None

    @property
    def name(self) -> str:
        """How tables and messages call it."""
        return f"{self.method} {self.template}"


@cache
def doors(app: Litestar) -> tuple[Door, ...]:
    """All of them, in a fixed order; HEAD and OPTIONS, which Litestar adds, do what GET does."""
    examples = _examples(app)
    found = {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith(OPEN_BY_NATURE):
            continue
        for handler in route.route_handlers:
            for method in handler.http_methods - {"HEAD", "OPTIONS"}:
                door = _door(route, handler, str(method), examples)
                found[door.name] = door
    return tuple(found[name] for name in sorted(found, key=lambda name: name.split()[::-1]))


def _door(
    route: HTTPRoute, handler: HTTPRouteHandler, method: str, examples: dict[str, Any]
) -> Door:
    name = f"{method} {route.path_format}"
    return Door(
        method=method,
        template=route.path_format or "/",
        permission=handler.opt["permission"],
        keyed=bool(handler.opt.get("idempotent")),
        handler=handler,
        example=examples.get(name),
    )


def _examples(app: Litestar) -> dict[str, Any]:
    bodies = {}
    for path, method, operation in operations(document(app)):
        media = (operation.get("requestBody") or {}).get("content", {}).get("application/json")
        if media:
            bodies[f"{method.upper()} {path}"] = media.get("example")
    return bodies
