"""Counting tries, atomically, in the database: no two processes can each let the last one through.

A window begins with the first try and is counted by one upsert, whose row lock makes simultaneous
tries wait for each other. The caller refuses with `raise work.refuse(error)`, so that the count
stays although the answer is a refusal.
"""

from datetime import timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import ARRAY, LargeBinary, String, bindparam, delete, func, text, update

from guild.core.work import Work
from guild.members.errors import TooManyTries
from guild.members.models import RateLimit


class Limit(Struct, frozen=True):
    """So many tries per window, for one kind of act and one kind of key."""

    bucket: str
    tries: int
    window: timedelta


SIGN_IN_ACCOUNT: Final = Limit("sign_in:account", 5, timedelta(minutes=15))
"""Per account and network address together: a stranger's tries must not lock its owner out."""
SIGN_IN_ANYWHERE: Final = Limit("sign_in:anywhere", 100, timedelta(minutes=15))
"""Per account, from wherever: bounds guessing from many addresses at once."""
PASSWORD_ACCOUNT: Final = Limit("password:account", 5, timedelta(minutes=15))
"""Tries of the current password by somebody who is signed in."""
SIGN_IN_ADDRESS: Final = Limit("sign_in:address", 20, timedelta(minutes=15))
"""Wider than per account, and only wrong tries count: a shared office has one address."""
APPLY_ADDRESS: Final = Limit("apply:address", 5, timedelta(hours=1))
RESET_ACCOUNT: Final = Limit("reset:account", 3, timedelta(hours=1))
RESET_ADDRESS: Final = Limit("reset:address", 10, timedelta(hours=1))
LINK_ADDRESS: Final = Limit("link:address", 30, timedelta(minutes=15))
CLIENT_LINK_ACCOUNT: Final = Limit("client_link:account", 3, timedelta(hours=1))
"""Links to all of a client's things, by the address that they are mailed to."""
CLIENT_LINK_ADDRESS: Final = Limit("client_link:address", 10, timedelta(hours=1))
LONGEST_WINDOW: Final = timedelta(hours=1)

_COUNT: Final = text(
    """
    INSERT INTO rate_limit AS r (bucket, key_hash, window_start, hits)
    SELECT t.bucket, t.key_hash, :now, 1
    FROM unnest(:buckets, :keys) AS t(bucket, key_hash)
    ORDER BY t.bucket, t.key_hash
    ON CONFLICT (bucket, key_hash) DO UPDATE SET
        hits = CASE WHEN r.window_start <= :now - make_interval(secs => :window_s)
                    THEN 1 ELSE least(r.hits + 1, 1000000) END,
        window_start = CASE WHEN r.window_start <= :now - make_interval(secs => :window_s)
                            THEN :now ELSE r.window_start END
    RETURNING bucket, hits, window_start
    """
).bindparams(bindparam("buckets", type_=ARRAY(String)), bindparam("keys", type_=ARRAY(LargeBinary)))


async def count_try(work: Work, *tries: tuple[Limit, str]) -> TooManyTries | None:
    """Count one try against each limit; the refusal to raise when one is exceeded, else None.

    Limits counted together share their window. Keys are hashed with the house's key.
    """
    window = tries[0][0].window
    assert all(limit.window == window for limit, _ in tries)
    assert window <= LONGEST_WINDOW, "the sweep would forget it"
    rows = await work.session.execute(
        _COUNT,
        {
            "now": work.now,
            "buckets": [limit.bucket for limit, _ in tries],
            "keys": [_hashed(work, limit, key) for limit, key in tries],
            "window_s": window.total_seconds(),
        },
    )
    allowed = {limit.bucket: limit.tries for limit, _ in tries}
    waits = [start + window - work.now for bucket, hits, start in rows if hits > allowed[bucket]]
    if not waits:
        return None
    wait_s = max(1, round(max(waits).total_seconds()))
    return TooManyTries(
        "There were too many tries within a short time.",
        mend=f"Wait {max(1, round(wait_s / 60))} minutes and try again.",
        retry_after_s=wait_s,
    )


async def forget_tries(work: Work, limit: Limit, key: str) -> None:
    """Begin counting afresh, after a success."""
    await work.session.execute(
        delete(RateLimit).where(
            RateLimit.bucket == limit.bucket, RateLimit.key_hash == _hashed(work, limit, key)
        )
    )


async def forgive_try(work: Work, limit: Limit, key: str) -> None:
    """Take one counted try back: it was right, so it does not count against a shared address."""
    await work.session.execute(
        update(RateLimit)
        .where(RateLimit.bucket == limit.bucket, RateLimit.key_hash == _hashed(work, limit, key))
        .values(hits=func.greatest(RateLimit.hits - 1, 0))
    )


async def sweep_tries(work: Work) -> None:
    """Drop counters whose window is over."""
    await work.session.execute(
        delete(RateLimit).where(RateLimit.window_start < work.now - LONGEST_WINDOW)
    )


def _hashed(work: Work, limit: Limit, key: str) -> bytes:
    return work.keyring.blind_index(key, purpose=limit.bucket)
