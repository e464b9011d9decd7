"""A ceiling for the doors that are open to strangers: so much per network address.

Narrower limits (sign-in, applications, links) stand with their use cases; this one bounds what they
leave open. Counted in PostgreSQL like those, so that several processes share one counter, and in a
transaction of its own, over before the request's begins: nobody waits for another's request while
holding a connection. The address is uvicorn's, which believes X-Forwarded-For from trusted proxies
only.
"""

from datetime import timedelta
from typing import Any, Final

from litestar import Request

from guild.core.permissions import ANONYMOUS, Permission
from guild.core.work import System, begin_work
from guild.members.commands import Limit, count_try

STRANGER: Final = Limit("stranger:address", 120, timedelta(minutes=15))


async def limit_stranger(request: Request[Any, Any, Any], system: System) -> None:
    """Count an unsafe request to a public route; raises TooManyTries (429).

    Doors for `signed` reports of machines are not counted: they do nothing before the signature
    holds, and a gateway has more to tell than a stranger.
    """
    options = request.route_handler.opt
    public = options.get("permission") is Permission.PUBLIC and not options.get("signed")
    if not public or request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    address = request.client.host if request.client else ""
    async with begin_work(system, ANONYMOUS) as work:
        limited = await count_try(work, (STRANGER, address))
        if limited is not None:
            raise work.refuse(limited)
