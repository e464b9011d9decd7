"""When which reminder is due, and what keeps a client from being reminded. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from guild.core.clock import next_business_day
from guild.governance.rules import ReminderStep

GAP_DAYS: Final = 3
"""After a pause the next step waits this long after the last reminder, so that none pile up."""


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What a treasurer changed, all scopes taken together."""

    stopped: str = ""
    """The reason of the stop; empty when nothing is stopped."""
    shift_days: int = 0
    channel: str | None = None


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A step and the business day of the client's country on which it is due."""

    step: int
    tone: str
    channel: str
    on: date


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What goes out today, and the earlier steps that it overtakes."""

    send: Planned | None
    overtaken: tuple[Planned, ...]


def plan_of(
    due_on: date, steps: Sequence[ReminderStep], country: str, override: Override
) -> list[Planned]:
    """All steps of an invoice on their days; a shift moves those after the due day."""
    planned = []
    for step in steps:
        days = step.days + (override.shift_days if step.days > 0 else 0)
        planned.append(
            Planned(
                step=step.days,
                tone=step.tone,
                channel=override.channel or step.channel,
                on=next_business_day(due_on + timedelta(days=days), country),
            )
        )
    return planned


def due_now(
    plan: Sequence[Planned], done: Collection[int], due_on: date, today: date,
    last_sent: date | None,
) -> Due:  # fmt: skip
    """The latest step whose day has come and that was not done; one a day at most.

    A step before the due day is void after it. What was missed meanwhile is overtaken, not sent
    late one by one.
    """
    if last_sent is not None and (today - last_sent).days < GAP_DAYS:
        return Due(send=None, overtaken=())
    waiting = [one for one in plan if one.step not in done and one.on <= today]
    void = [one for one in waiting if one.step < 0 and today > due_on]
    live = [one for one in waiting if one not in void]
    return Due(
        send=live[-1] if live else None,
        overtaken=tuple(sorted([*void, *live[:-1]], key=lambda one: one.step)),
    )


def next_of(plan: Sequence[Planned], done: Collection[int], today: date) -> Planned | None:
    """The step that the next run would send, on today or later."""
    left = [one for one in plan if one.step not in done]
    come = [one for one in left if one.on <= today and one.step >= 0]
    if come:
        return msgspec.structs.replace(come[-1], on=today)
    return next((one for one in left if one.on > today), None)


def quiet_reasons(
    *, open_minor: int, disputed_minor: int, promised_until: date | None, insolvent: bool,
    stopped: str, today: date,
) -> list[str]:  # fmt: skip
    """Why a client is not reminded now, in words; empty when it is."""
    reasons = []
    if open_minor <= 0:
        reasons.append("Nothing is open.")
    elif disputed_minor >= open_minor:
        reasons.append("All that is open is in dispute.")
    if promised_until is not None and today <= promised_until:
        reasons.append(f"The client promised to pay by {promised_until.isoformat()}.")
    if insolvent:
        reasons.append("The client is insolvent.")
    if stopped:
        reasons.append(f"A treasurer stopped reminders: {stopped}")
    return reasons


def merged(rules: Mapping[str, Override]) -> Override:
    """House, client and invoice taken together: any stop stops, the closest change counts."""
    order = [rules[scope] for scope in ("house", "client", "invoice") if scope in rules]
    return Override(
        stopped=next((one.stopped for one in order if one.stopped), ""),
        shift_days=next((one.shift_days for one in reversed(order) if one.shift_days), 0),
        channel=next((one.channel for one in reversed(order) if one.channel), None),
    )
