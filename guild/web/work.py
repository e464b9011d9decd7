"""From a request to a Work: the one dependency of every handler.

Litestar finishes this generator after the handler and before the answer is sent, so the commit is
part of the request: a constraint that fails there becomes an error answer, never a 201 with
nothing stored. There is exactly one generator dependency, because several are finished
concurrently.
"""

from collections.abc import AsyncGenerator
from typing import Any, Final

from litestar import Request
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler

from guild.core.errors import Forbidden, Unauthenticated
from guild.core.idempotency import answered_before, claim_of
from guild.core.permissions import ANONYMOUS, Actor, Permission
from guild.core.work import Claim, System, Work, begin_work
from guild.web.authentication import actor_of
from guild.web.csrf import check_csrf, csrf_token
from guild.web.rate_limits import limit_stranger

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def provide_work(request: Request[Any, Any, Any]) -> AsyncGenerator[Work, None]:
    """Open a Work for the request's actor, check the declared permission, commit after the handler.

    GET runs READ ONLY. A request with an idempotency key that fails is asked of the store first.
    """
    system: System = request.app.state.system
    options = request.route_handler.opt
    body = await request.body() if options.get("idempotent") else b""
    claim: Claim | None = None
    actor = ANONYMOUS
    await limit_stranger(request, system)
    try:
        async with begin_work(system, ANONYMOUS, read_only=request.method in SAFE) as work:
            actor = await actor_of(request, work)
            work.actor = actor
            admit(actor, options["permission"])
            token = csrf_token(request, system.settings)
            await check_csrf(request, actor, system.settings, token)
            work.network = _network(request, token)
            if options.get("idempotent"):
                claim = claim_of(
                    request.headers.get("idempotency-key"),
                    method=request.method,
                    path=request.scope["path"],
                    body=body,
                )
                work.claim = claim
            yield work
    except Exception as error:
        if claim is None:
            raise
        answer = await answered_before(system, actor, claim, error)
        if answer is error:
            raise
        raise answer from error


def admit(actor: Actor, permission: Permission) -> None:
    """Refuse an actor without the declared permission: 401 for nobody, 403 for somebody."""
    if actor.may(permission):
        return
    if actor.kind == "anonymous":
        raise Unauthenticated(
            "This needs somebody who is signed in.",
            mend="Sign in, or send an API key as “Authorization: Bearer …”.",
        )
    raise Forbidden(
        "Your role does not allow this.", mend="Ask the secretary which role does.",
        needed=permission.value,
    )  # fmt: skip


def _network(request: Request[Any, Any, Any], token: str) -> dict[str, str]:
    client = request.client
    return {
        "address": client.host if client else "",
        "user_agent": request.headers.get("user-agent", "")[:300],
        "csrf": token,
        "here": request.scope["path"] if request.method in SAFE else "",
    }


def check_declared(handlers: list[HTTPRouteHandler]) -> None:
    """Refuse to start with a handler that declares no permission (deny by default)."""
    for handler in handlers:
        permission = handler.opt.get("permission")
        if not isinstance(permission, Permission):
            raise ImproperlyConfiguredException(f"{handler.handler_name} declares no permission")
        takes_work = "work" in handler.parsed_fn_signature.parameters
        if not takes_work and permission is not Permission.PUBLIC:
            raise ImproperlyConfiguredException(f"{handler.handler_name} never asks who acts")
