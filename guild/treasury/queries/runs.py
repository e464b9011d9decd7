"""Payout runs as people follow them, and what a request will need."""

from datetime import date

from sqlalchemy import func, select

from guild.core.ids import MemberId, PayoutRunId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Member
from guild.treasury.errors import RunNotFound
from guild.treasury.models import Payout, PayoutChoice, PayoutRun, PayoutRunSkip
from guild.treasury.rules.rhythms import Choice, next_turn
from guild.treasury.schemas import (
    BandOut,
    BandsOut,
    ChoiceOut,
    PayoutRunOut,
    SkippedOut,
)

SKIPPED_MAX = 100


async def run_view(work: Work, run: PayoutRun) -> PayoutRunOut:
    """A run with what it could not pay and what still waits for approvals."""
    skipped = await work.session.execute(
        select(PayoutRunSkip, Member.display_name)
        .join(Member, Member.id == PayoutRunSkip.member_id)
        .where(PayoutRunSkip.run_id == run.id)
        .order_by(PayoutRunSkip.amount_minor.desc(), PayoutRunSkip.member_id)
        .limit(SKIPPED_MAX)
    )
    waiting = await work.session.scalar(
        select(func.count()).where(Payout.run_id == run.id, Payout.state == "requested")
    )
    return PayoutRunOut(
        id=run.id,
        trigger=run.trigger,
        state=run.state,
        day=run.day,
        total=run.total,
        done=run.done,
        payouts=run.payouts,
        waiting=waiting or 0,
        amount=Money(run.amount_minor, run.currency).text,
        currency=run.currency,
        skipped=[
            SkippedOut(
                member_id=one.member_id,
                name=name,
                amount=Money(one.amount_minor, run.currency).text,
                reason=one.reason,
            )
            for one, name in skipped
        ],
        skipped_count=run.skipped,
        started_by=run.started_by,
        started_at=run.started_at,
        finished_at=run.finished_at,
    )


async def payout_run(work: Work, run_id: PayoutRunId) -> PayoutRunOut:
    """One run. Raises RunNotFound."""
    run = await work.session.get(PayoutRun, run_id)
    if run is None:
        raise RunNotFound
    return await run_view(work, run)


async def payout_runs(work: Work, *, limit: int = 20) -> list[PayoutRunOut]:
    """The latest runs."""
    rows = await work.session.scalars(select(PayoutRun).order_by(PayoutRun.id.desc()).limit(limit))
    return [await run_view(work, run) for run in rows]


async def bands(work: Work) -> BandsOut:
    """Who must agree before how much leaves, as the charter in force says."""
    charter = await charter_at(work)
    terms = charter.payouts
    return BandsOut(
        charter_version=charter.version,
        currency=terms.currency,
        window_days=terms.band_window_days,
        payee_mismatch_extra=terms.payee_mismatch_extra,
        payee_unchecked_extra=terms.payee_unchecked_extra,
        bands=[
            BandOut(
                up_to=None
                if band.up_to_minor is None
                else Money(band.up_to_minor, terms.currency).text,
                approvals=band.approvals,
                roles={str(role): number for role, number in band.roles.items()},
            )
            for band in terms.bands
        ],
    )


async def choice_of(work: Work, member_id: MemberId) -> ChoiceOut:
    """When a member is paid without asking."""
    charter = await charter_at(work)
    row = await work.session.get(PayoutChoice, member_id)
    currency = charter.payouts.currency
    if row is None:
        return ChoiceOut(
            rhythm="on_request", day=0, minimum=Money.zero(currency).text, currency=currency,
            next_on=None,
        )  # fmt: skip
    turn = Choice(rhythm=row.rhythm, day=row.day)
    next_on: date | None = next_turn(turn, work.today, work.settings.coop.country)
    return ChoiceOut(
        rhythm=row.rhythm,
        day=row.day,
        minimum=Money(row.minimum_minor, currency).text,
        currency=currency,
        next_on=next_on,
    )
