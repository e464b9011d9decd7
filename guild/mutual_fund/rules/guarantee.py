"""The guarantee: on which conditions, up to how much and by when the fund pays before the client.

Two conditions (Smart Germany's, with Belgian timing): the client formally confirmed the order by
signing it, and lives in the zone. Limits per invoice, client and member keep one failure from
emptying the fund; new guarantees stop where the fund's cash would fall below a share of what it
advanced in twelve months. The answer gives reasons as sentences, whichever way it goes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from guild.core.clock import add_business_days
from guild.core.money import Money

WHOLE_BPS = 10_000


@dataclass(frozen=True, slots=True)
class GuaranteeLimits:
    """The charter's chapter: amounts in minor units of ``currency``, floor in basis points."""

    business_days: int
    zone: Collection[str]
    currency: str
    member_cap_minor: int
    client_cap_minor: int
    invoice_cap_minor: int
    reserve_floor_bps: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand at the fund, in minor units.

    ``cash`` is what the pots hold less advances out; the exposures are what open guarantees could
    still cost, for this client and for this member.
    """

    cash_minor: int
    advanced_12_months_minor: int
    client_exposure_minor: int
    member_exposure_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The fund's answer: whether, up to how much (minor units), and why."""

    guaranteed: bool
    up_to_minor: int
    reasons: tuple[str, ...]


def reserve_room(cash_minor: int, advanced_minor: int, floor_bps: int) -> int:
    """How much may still be advanced so that cash stays above its floor afterwards.

    The floor f is a share of the advances of twelve months, the new one included. So with x more,
    cash less x is at least f times (advanced plus x), which means that x is at most
    (cash less f times advanced) divided by (1 plus f), rounded down.
    """
    room = cash_minor * WHOLE_BPS - floor_bps * advanced_minor
    return max(0, room // (WHOLE_BPS + floor_bps))


def quote(
    value: Money, client_country: str, standing: Standing, limits: GuaranteeLimits,
    *, barred: str = "",
) -> Quote:  # fmt: skip
    """Whether the fund would guarantee an order, before the client has signed it.

    A barred client has a limit of nothing, and `barred` says why.
    """
    if barred:
        return _refused(f"{barred} You are paid when the client pays.")
    if value.currency != limits.currency:
        return _refused(f"The fund guarantees orders in {limits.currency} only.")
    if client_country not in limits.zone:
        return _refused(
            f"The client is in {client_country}, outside the zone of the guarantee: "
            "you are paid when the client pays."
        )
    room = {
        "one client": limits.client_cap_minor - standing.client_exposure_minor,
        "one member": limits.member_cap_minor - standing.member_exposure_minor,
    }
    for whom, left in room.items():
        if left <= 0:
            return _refused(f"The limit for {whom} is used up by open guarantees.")
    reserve = reserve_room(
        standing.cash_minor, standing.advanced_12_months_minor, limits.reserve_floor_bps
    )
    if reserve <= 0:
        return _refused(
            "The fund's cash is at its reserve floor: no new guarantees until it has recovered."
        )
    room["the fund's reserve"] = reserve
    tightest = min(room, key=lambda whom: room[whom])
    up_to = min(value.minor, room[tightest])
    reasons = [
        "The client confirms the order by signing it here.",
        f"The client is in {client_country}, inside the zone of the guarantee.",
        _timing(limits),
    ]
    if up_to < value.minor:
        reasons.append(
            f"The limit for {tightest} leaves {Money(up_to, value.currency)} of {value}."
        )
    return Quote(True, up_to, tuple(reasons))


def _timing(limits: GuaranteeLimits) -> str:
    cap = Money(limits.invoice_cap_minor, limits.currency)
    return (
        f"The fund pays {limits.business_days} working days after the work is accepted, once it is "
        f"invoiced, up to {cap} for each invoice."
    )


def _refused(reason: str) -> Quote:
    return Quote(False, 0, (reason,))


def pays_by(start: date, limits: GuaranteeLimits, country: str) -> date:
    """The working day by which the fund pays for work that was done on ``start``."""
    return add_business_days(start, limits.business_days, country)


def pays_by_age(issued_on: date, limits: GuaranteeLimits, country: str) -> tuple[date, ...]:
    """When the fund pays for an invoice, by the age of its work in days: 0, 1, 2 and so on.

    Never before the invoice exists: the last day stands for everything that is older.
    """
    return _by_age(issued_on, limits.business_days, country)


@lru_cache(64)
def _by_age(issued_on: date, business_days: int, country: str) -> tuple[date, ...]:
    days = [add_business_days(issued_on, business_days, country)]
    while days[-1] > issued_on:
        done_on = issued_on - timedelta(days=len(days))
        days.append(max(add_business_days(done_on, business_days, country), issued_on))
    return tuple(days)


def advance_now(
    wanted_minor: int, reserved_minor: int, standing: Standing, limits: GuaranteeLimits
) -> Quote:
    """What may be advanced on the day itself: the promise, the cap per invoice, the reserve."""
    promised = min(wanted_minor, reserved_minor, limits.invoice_cap_minor)
    room = reserve_room(
        standing.cash_minor, standing.advanced_12_months_minor, limits.reserve_floor_bps
    )
    if promised <= 0:
        return _refused("The guarantee for this order is used up.")
    if room < promised:
        return _refused(
            "The fund's cash is at its reserve floor; the advance waits until it is not."
        )
    return Quote(True, promised, ("Paid under the guarantee.",))
