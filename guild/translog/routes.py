"""The log for everyone: what it holds, how it stands, and proofs of both."""

from typing import Annotated

from litestar import MediaType
from litestar.params import QueryParameter

from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.translog import queries
from guild.translog.schemas import ConsistencyOut, InclusionOut, KeyOut, LeavesOut

Count = Annotated[int, QueryParameter(ge=0, le=2**53)]
TAGS = ["log"]


@get(
    "/log/checkpoint",
    permission=Permission.PUBLIC,
    tags=TAGS,
    summary="The newest signed checkpoint",
    media_type=MediaType.TEXT,
)
async def checkpoint(work: Work) -> str:
    """A C2SP signed note: origin, number of leaves, root hash, signature. Keep it to compare."""
    return (await queries.latest_checkpoint(work)).note


@get("/log/leaves", permission=Permission.PUBLIC, tags=TAGS, summary="Leaves of a range")
async def leaves(work: Work, start: Count, end: Count) -> LeavesOut:
    """Leaves from `start` up to but not including `end`; at most 1000 in one answer."""
    return await queries.published_leaves(work, start, end)


@get("/log/proof/inclusion", permission=Permission.PUBLIC, tags=TAGS, summary="Inclusion proof")
async def inclusion(work: Work, index: Count, size: Count | None = None) -> InclusionOut:
    """RFC 6962 audit path of one leaf to the root of the tree of `size` leaves."""
    return await queries.inclusion_proof(work, index, size)


@get("/log/proof/consistency", permission=Permission.PUBLIC, tags=TAGS, summary="Consistency proof")
async def consistency(work: Work, old: Count, new: Count | None = None) -> ConsistencyOut:
    """RFC 6962 proof that the tree of `new` leaves begins with the tree of `old` leaves."""
    return await queries.consistency_proof(work, old, new)


@get("/log/key", permission=Permission.PUBLIC, tags=TAGS, summary="The log's public key")
async def key(work: Work) -> KeyOut:
    """The C2SP verifier key of the checkpoints; pin it where you keep your checkpoints."""
    return queries.log_key(work)


ROUTES = [checkpoint, leaves, inclusion, consistency, key]
