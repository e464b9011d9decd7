"""A ceiling for strangers: what one network address may send before anybody is signed in.

Narrower limits (sign-in, applications, links) stand with their use cases; this one bounds what they
leave open. Counted in PostgreSQL like those, so that several processes share one counter. The
address is uvicorn's, which believes X-Forwarded-For from trusted proxies only.
"""

from datetime import timedelta
from typing import Final

from guild.core.work import Work
from guild.members.commands import Limit, count_try

STRANGER: Final = Limit("stranger:address", 120, timedelta(minutes=15))


async def limit_stranger(work: Work, method: str) -> None:
    """Count an unsafe request by nobody in particular; raises TooManyTries (429)."""
    if work.actor.kind != "anonymous" or method in {"GET", "HEAD", "OPTIONS"}:
        return
    limited = await count_try(work, (STRANGER, work.network.get("address", "")))
    if limited is not None:
        raise work.refuse(limited)
