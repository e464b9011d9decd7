"""How a client pays: facts of the house's own books, shown only where many stand behind them.

Counted are invoices of all members to the same client that were settled in the window, and those
that are late today with their days so far. An invoice that was credited whole says nothing about
paying. Below the charter's numbers of invoices and members nothing is shown but that.
"""

from datetime import date, timedelta
from typing import Any, Final, cast

import msgspec
from sqlalchemy import text

from guild.core.ids import OrganisationId
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Organisation
from guild.members.rules.clients import client_key, spellings
from guild.receivables.models import ProfileNotice, ProfileReply
from guild.receivables.queries.account import visible_client
from guild.receivables.schemas import ProfileOut

READ: Final = text(
    """
WITH clients AS (
  SELECT o.id FROM organisation o
   WHERE o.id = :client OR (o.country = :country
         AND (o.vat_number = ANY (:spelled) OR o.enterprise_number = ANY (:spelled)))),
sample AS (
  SELECT i.member_id, coalesce(i.settled_on, :today) - i.issued_on AS days,
         coalesce(i.settled_on, :today) <= i.due_on AS on_time
    FROM invoice i JOIN clients c ON c.id = i.client_id
   WHERE i.kind = 'invoice' AND i.state IN ('issued', 'partly_paid', 'paid')
     AND coalesce(i.settled_on, :today) >= :since
     AND (i.settled_on IS NOT NULL OR i.due_on < :today))
SELECT count(*), count(DISTINCT member_id),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY days),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY days),
       count(*) FILTER (WHERE on_time)
  FROM sample"""
)
FLAGGED: Final = text(
    "SELECT EXISTS (SELECT FROM insolvency WHERE client_key = :key AND state = 'flagged')"
)


async def payment_profile(work: Work, client_id: OrganisationId) -> ProfileOut:
    """The profile of a client that the actor has; raises OrganisationNotFound.

    Members and the treasury see figures from the day of which the client was told; the client
    itself and the house at once.
    """
    client = await visible_client(work, client_id)
    shown = await figures_of(work, client)
    own = work.actor.kind in {"contact", "job"}
    if not shown.enough or own or (shown.shown_from and shown.shown_from <= work.today):
        return shown
    when = f"from {shown.shown_from.isoformat()}" if shown.shown_from else "fourteen days after"
    return msgspec.structs.replace(
        shown, enough=False, median_days=None, ninetieth_days=None, on_time_percent=None,
        invoices=None, note=f"The client is told of its figures first; you see them {when}.",
    )  # fmt: skip


async def figures_of(work: Work, client: Organisation) -> ProfileOut:
    """The figures whoever asks."""
    terms = (await charter_at(work)).receivables
    since = months_before(work.today, terms.profile_window_months)
    key = client_key(client)
    count, members, median, ninetieth, on_time = (
        await work.session.execute(
            READ,
            {
                "client": client.id, "country": client.country, "spelled": spellings(client),
                "today": work.today, "since": since,
            },
        )
    ).one()  # fmt: skip
    enough = count >= terms.profile_min_invoices and members >= terms.profile_min_members
    reply = await work.session.get(ProfileReply, key, populate_existing=True)
    notice = await work.session.get(ProfileNotice, key)
    return ProfileOut(
        client_id=client.id,
        enough=enough,
        note=""
        if enough
        else f"Not enough data yet: it takes {terms.profile_min_invoices} invoices of "
        f"{terms.profile_min_members} members.",
        median_days=median if enough else None,
        ninetieth_days=ninetieth if enough else None,
        on_time_percent=(200 * on_time + count) // (2 * count) if enough else None,
        invoices=count if enough else None,
        since=since,
        shown_from=notice.shown_from if notice else None,
        contested=reply.contested if reply else False,
        reply=reply.text if reply else "",
        settled=cast("Any", reply.outcome if reply else ""),
        settled_reason=reply.settled_reason if reply else "",
        insolvent=bool(await work.session.scalar(FLAGGED, {"key": key})),
        charter_version=(await charter_at(work)).version,
    )


UNTOLD: Final = text(
    """
SELECT DISTINCT ON (o.country, coalesce(o.vat_number, o.enterprise_number)) o.id
  FROM organisation o
  JOIN invoice i ON i.client_id = o.id
 WHERE i.kind = 'invoice' AND i.state IN ('issued', 'partly_paid', 'paid')
   AND (i.settled_on >= :changed OR (i.settled_on IS NULL AND i.due_on = :yesterday))
 ORDER BY o.country, coalesce(o.vat_number, o.enterprise_number), i.issued_on DESC
 LIMIT 2000"""
)
"""Clients whose figures changed lately; the job looks which of them were never told."""


async def changed_lately(work: Work) -> list[OrganisationId]:
    """Clients of whom an invoice was settled in the last days, or became late yesterday."""
    rows = await work.session.scalars(
        UNTOLD,
        {"changed": work.today - timedelta(days=7), "yesterday": work.today - timedelta(days=1)},
    )
    return [OrganisationId(one) for one in rows]


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
