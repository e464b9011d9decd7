"""What clients owe, by how late it is. One aggregate statement, on the index of open invoices."""

from datetime import date
from typing import Any, Final

from sqlalchemy import text

from guild.core.money import Money
from guild.core.permissions import Role
from guild.core.wire import decode_cursor, encode_cursor
from guild.core.work import Work
from guild.receivables.rules.overdue import BUCKETS
from guild.receivables.rules.tables import csv_bytes
from guild.receivables.schemas import AgeingOut, AgeingRow, AgeingTotal

ROWS_MAX: Final = 10_000
OFFICES: Final = frozenset({Role.TREASURER, Role.AUDITOR})

_NOW: Final = """
SELECT i.client_id, i.currency, i.due_on,
       i.total_minor + i.rounding_minor - i.paid_minor - i.credited_minor + i.refundable_minor
         - i.written_off_minor AS open_minor
  FROM invoice i
 WHERE i.state IN ('issued', 'partly_paid') AND i.kind = 'invoice'
   AND (CAST(:member AS uuid) IS NULL OR i.member_id = :member)"""

_THEN: Final = """
SELECT i.client_id, i.currency, i.due_on,
       i.total_minor + i.rounding_minor
         - coalesce((SELECT sum(p.amount_minor) FROM payment p
                      WHERE p.invoice_id = i.id AND p.received_on <= :as_of), 0)
         + coalesce((SELECT sum(v.amount_minor) FROM payment_reversal v
                      WHERE v.invoice_id = i.id AND v.reversed_on <= :as_of), 0)
         - coalesce((SELECT sum(c.total_minor) FROM invoice c
                      WHERE c.corrects_id = i.id AND c.issued_on <= :as_of
                        AND c.state <> 'draft'), 0)
         - coalesce((SELECT sum(w.amount_minor) FROM written_off_move w
                      WHERE w.invoice_id = i.id AND w.moved_on <= :as_of), 0) AS open_minor
  FROM invoice i
 WHERE i.state <> 'draft' AND i.kind = 'invoice' AND i.issued_on <= :as_of
   AND (i.settled_on IS NULL OR i.settled_on > :as_of OR i.state NOT IN ('paid', 'credited'))
   AND (CAST(:member AS uuid) IS NULL OR i.member_id = :member)"""

_REPORT: Final = """
WITH owed AS ({owed}), aged AS (
  SELECT client_id, currency, count(*) AS invoices,
         sum(open_minor) FILTER (WHERE due_on >= :as_of) AS not_due,
         sum(open_minor) FILTER (WHERE due_on < :as_of AND due_on >= :as_of - 30) AS days_1_30,
         sum(open_minor) FILTER (WHERE due_on < :as_of - 30 AND due_on >= :as_of - 60)
             AS days_31_60,
         sum(open_minor) FILTER (WHERE due_on < :as_of - 60 AND due_on >= :as_of - 90)
             AS days_61_90,
         sum(open_minor) FILTER (WHERE due_on < :as_of - 90) AS days_over_90,
         sum(open_minor) AS total
    FROM owed WHERE open_minor > 0 GROUP BY client_id, currency),
summed AS (
  SELECT currency, count(*) AS clients, sum(invoices)::bigint AS invoices,
         sum(not_due) AS not_due, sum(days_1_30) AS days_1_30, sum(days_31_60) AS days_31_60,
         sum(days_61_90) AS days_61_90, sum(days_over_90) AS days_over_90, sum(total) AS total
    FROM aged GROUP BY currency),
paged AS (
  SELECT * FROM aged
   WHERE CAST(:after_client AS uuid) IS NULL
      OR (currency, -total, client_id) > (:after_currency, -CAST(:after_total AS numeric),
                                          CAST(:after_client AS uuid))
   ORDER BY currency, total DESC, client_id LIMIT :size)
SELECT 1 AS part, currency, NULL::uuid AS client_id, NULL AS name, clients, invoices,
       not_due, days_1_30, days_31_60, days_61_90, days_over_90, total FROM summed
UNION ALL
SELECT 2, p.currency, p.client_id, o.name, 1, p.invoices, p.not_due, p.days_1_30, p.days_31_60,
       p.days_61_90, p.days_over_90, p.total
  FROM paged p JOIN organisation o ON o.id = p.client_id
 ORDER BY 1, 2, 12 DESC, 3"""


async def ageing(
    work: Work, *, as_of: date | None = None, cursor: str | None = None, limit: int = 50
) -> AgeingOut:
    """The report of today or of a day gone by: the member's own invoices, or all for the treasury.

    Totals are of everything, rows of one page, the largest debt of each currency first.
    """
    day = as_of or work.today
    owed = _NOW if day >= work.today else _THEN
    whole = work.actor.kind == "job" or bool(work.actor.roles & OFFICES)
    after: tuple[str, int, str] | None = (
        decode_cursor(cursor, tuple[str, int, str]) if cursor else None
    )
    rows = await work.session.execute(
        text(_REPORT.format(owed=owed)),
        {
            "as_of": day,
            "member": None if whole else work.actor.member_id,
            "after_currency": after[0] if after else "",
            "after_total": after[1] if after else 0,
            "after_client": after[2] if after else None,
            "size": limit + 1,
        },
    )
    totals: list[AgeingTotal] = []
    found: list[Any] = []
    for row in rows.mappings():
        if row["part"] == 1:
            totals.append(
                AgeingTotal(currency=row["currency"], clients=row["clients"],
                            invoices=row["invoices"], **_amounts(row))
            )  # fmt: skip
        else:
            found.append(row)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return AgeingOut(
        as_of=day,
        totals=totals,
        rows=[
            AgeingRow(client_id=row["client_id"], client_name=row["name"],
                      currency=row["currency"], invoices=row["invoices"], **_amounts(row))
            for row in page
        ],
        next_cursor=encode_cursor(last["currency"], int(last["total"]), str(last["client_id"]))
        if last
        else None,
    )  # fmt: skip


def _amounts(row: Any) -> dict[str, str]:
    return {name: Money(int(row[name] or 0), row["currency"]).text for name in (*BUCKETS, "total")}


def ageing_csv(shown: AgeingOut) -> bytes:
    """The rows as a table; each names its currency, and nothing is added across currencies."""
    return csv_bytes(
        ["client", "currency", "invoices", *BUCKETS, "total"],
        [
            [row.client_name, row.currency, row.invoices, row.not_due, row.days_1_30,
             row.days_31_60, row.days_61_90, row.days_over_90, row.total]
            for row in shown.rows
        ],
    )  # fmt: skip
