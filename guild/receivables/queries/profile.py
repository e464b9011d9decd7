"""How a client pays: facts of the house's own books, shown only where many stand behind them.

Counted are invoices of all members to the same client that were settled in the window, and those
that are late today with their days so far. An invoice that was credited whole says nothing about
paying. Below the charter's numbers of invoices and members nothing is shown but that.
"""

from datetime import date
from typing import Final

from sqlalchemy import text

from guild.core.ids import OrganisationId
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.receivables.models import ProfileReply
from guild.receivables.queries.account import visible_client
from guild.receivables.rules.clients import client_key, spellings
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
    """The profile of a client that the actor has; raises OrganisationNotFound."""
    client = await visible_client(work, client_id)
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
    reply = await work.session.get(ProfileReply, key)
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
        contested=reply.contested if reply else False,
        reply=reply.text if reply else "",
        insolvent=bool(await work.session.scalar(FLAGGED, {"key": key})),
        charter_version=(await charter_at(work)).version,
    )


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
