"""What must always be true of invoices; run by tests, by `guild check` and by the clock."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def series_without_gaps(session: AsyncSession) -> list[str]:
    """Each series counts 1, 2, 3 … up to its counter, and its dates never go back."""
    rows = await session.execute(
        text(
            """SELECT s.kind, s.year, s.next, count(i.id), coalesce(max(i.sequence), 0)
                 FROM number_series s
                 LEFT JOIN invoice i ON i.kind = s.kind AND i.series_year = s.year
                GROUP BY s.kind, s.year, s.next
               HAVING count(i.id) <> s.next - 1 OR coalesce(max(i.sequence), 0) <> s.next - 1"""
        )
    )
    broken = [
        f"series {kind} {year}: {count} documents up to number {last}, the counter says {next_}"
        for kind, year, next_, count, last in rows
    ]
    rows = await session.execute(
        text(
            """SELECT number, issued_on, before FROM (
                   SELECT number, issued_on, lag(issued_on) OVER series AS before
                     FROM invoice WHERE number IS NOT NULL AND client_id IS NOT NULL
                   WINDOW series AS (PARTITION BY kind, series_year ORDER BY sequence)) AS dated
                WHERE issued_on < before"""
        )
    )
    broken += [f"{number} is dated {day}, after one of {before}" for number, day, before in rows]
    rows = await session.execute(
        text(
            """SELECT i.number FROM invoice i
                 LEFT JOIN number_series s ON s.kind = i.kind AND s.year = i.series_year
                WHERE i.number IS NOT NULL AND i.client_id IS NOT NULL
                  AND (s.kind IS NULL OR extract(year FROM i.issued_on) <> i.series_year)"""
        )
    )
    return broken + [f"{number} belongs to no series of its year" for (number,) in rows]


async def suppliers_series_without_gaps(session: AsyncSession) -> list[str]:
    """Each member's own series counts 1, 2, 3 … up to its counter, and its dates never go back."""
    rows = await session.execute(
        text(
            """SELECT s.member_id, s.kind, s.year, s.next, count(i.id),
                      coalesce(max(i.sequence), 0), bool_or(i.issued_on > s.last_date)
                 FROM supplier_series s
                 LEFT JOIN invoice i ON i.member_id = s.member_id AND i.kind = s.kind
                      AND i.series_year = s.year
                GROUP BY s.member_id, s.kind, s.year, s.next
               HAVING count(i.id) <> s.next - 1 OR coalesce(max(i.sequence), 0) <> s.next - 1
                   OR bool_or(i.issued_on > s.last_date)"""
        )
    )
    return [
        f"series of member {member} {kind} {year}: {count} documents up to {last}, counter {next_}"
        for member, kind, year, next_, count, last, _ in rows
    ]


async def totals_add_up(session: AsyncSession) -> list[str]:
    """Every sum follows from the rows below it: lines, allowances, taxes, rounding, exchange.

    The reckoning is the database's own (guards.sql), apart from the one that wrote the rows.
    """
    rows = await session.execute(
        text(
            """SELECT number, id, wrong FROM (
                   SELECT i.number, i.id, invoicing_wrong_sums(i) AS wrong
                     FROM invoice i) AS reckoned
                WHERE wrong IS NOT NULL"""
        )
    )
    return [f"invoice {number or invoice_id}: wrong {part}" for number, invoice_id, part in rows]


async def credits_are_what_was_credited(session: AsyncSession) -> list[str]:
    """What a document counts as credited is the sum of its credit notes, net and whole."""
    rows = await session.execute(
        text(
            """SELECT i.number, i.credited_minor,
                      coalesce(sum(c.total_minor + c.rounding_minor), 0),
                      i.credited_net_minor, coalesce(sum(c.net_minor), 0)
                 FROM invoice i
                 LEFT JOIN invoice c ON c.corrects_id = i.id AND c.state <> 'draft'
                GROUP BY i.id
               HAVING i.credited_minor <> coalesce(sum(c.total_minor + c.rounding_minor), 0)
                   OR i.credited_net_minor <> coalesce(sum(c.net_minor), 0)"""
        )
    )
    return [
        f"invoice {number}: credited {counted}, credit notes {notes}; net {net}, notes {notes_net}"
        for number, counted, notes, net, notes_net in rows
    ]


async def prepaid_was_paid(session: AsyncSession) -> list[str]:
    """What an issued document says was prepaid has been recorded as paid."""
    rows = await session.execute(
        text(
            """SELECT number, prepaid_minor, paid_minor FROM invoice
                WHERE state <> 'draft' AND kind = 'invoice' AND prepaid_minor > paid_minor"""
        )
    )
    return [f"invoice {number}: prepaid {said}, paid {paid}" for number, said, paid in rows]


async def payments_make_what_is_paid(session: AsyncSession) -> list[str]:
    """`paid` is the sum of the payments, and the net they released is what is no longer pending."""
    rows = await session.execute(
        text(
            """SELECT i.number, i.paid_minor, coalesce(sum(p.amount_minor), 0),
                      i.net_minor, i.pending_net_minor, i.credited_minor,
                      coalesce(sum(p.net_minor), 0)
                 FROM invoice i LEFT JOIN (
                      SELECT invoice_id, amount_minor, net_minor FROM payment
                      UNION ALL
                      SELECT invoice_id, -amount_minor, -net_minor FROM payment_reversal
                 ) p ON p.invoice_id = i.id
                WHERE i.kind = 'invoice' AND i.state <> 'draft'
                GROUP BY i.id
               HAVING i.paid_minor <> coalesce(sum(p.amount_minor), 0)
                   OR (i.credited_minor = 0
                       AND i.net_minor - i.pending_net_minor - i.written_off_net_minor
                           <> coalesce(sum(p.net_minor), 0))"""
        )
    )
    return [
        f"invoice {number}: paid {paid}, payments {sum_}; net {net}, pending {pending}, "
        f"credited {credited}, released {released}"
        for number, paid, sum_, net, pending, credited, released in rows
    ]


async def receivables_are_open_invoices(session: AsyncSession) -> list[str]:
    """What the books say a client owes is what its invoices leave open, per currency."""
    rows = await session.execute(
        text(
            """SELECT coalesce(b.owner, o.client_id), coalesce(b.currency, o.currency),
                      coalesce(b.held, 0), coalesce(o.open, 0)
                 FROM (SELECT a.owner, a.currency, sum(p.amount_minor) AS held
                         FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                        WHERE a.code = 'receivable' GROUP BY a.owner, a.currency) AS b
                 FULL JOIN (SELECT i.client_id, i.currency,
                                   sum(i.total_minor - i.paid_minor - i.credited_minor
                                       + i.refundable_minor + i.rounding_minor
                                       - i.written_off_minor) AS open
                              FROM invoice i WHERE i.kind = 'invoice' AND i.state <> 'draft'
                             GROUP BY i.client_id, i.currency) AS o
                   ON o.client_id = b.owner AND o.currency = b.currency
                WHERE coalesce(b.held, 0) <> coalesce(o.open, 0)"""
        )
    )
    return [
        f"client {client}: the books hold {held} {currency}, open invoices {still_open}"
        for client, currency, held, still_open in rows
    ]


async def given_up_is_what_was_moved(session: AsyncSession) -> list[str]:
    """What an invoice counts as given up is the sum of its movements; none takes back too much."""
    rows = await session.execute(
        text(
            """SELECT i.number, i.written_off_minor, coalesce(m.minor, 0),
                      i.written_off_net_minor, coalesce(m.net, 0)
                 FROM invoice i LEFT JOIN (
                      SELECT invoice_id, sum(amount_minor) AS minor, sum(net_minor) AS net
                        FROM written_off_move GROUP BY invoice_id) m ON m.invoice_id = i.id
                WHERE i.written_off_minor <> coalesce(m.minor, 0)
                   OR i.written_off_net_minor <> coalesce(m.net, 0)"""
        )
    )
    broken = [
        f"invoice {number}: given up {said}, movements {moved}; net {net}, movements {moved_net}"
        for number, said, moved, net, moved_net in rows
    ]
    rows = await session.execute(
        text(
            """SELECT write_off_entry_id, sum(amount_minor) FROM written_off_move
                GROUP BY write_off_entry_id HAVING sum(amount_minor) < 0 OR sum(net_minor) < 0"""
        )
    )
    return broken + [f"write-off {root} stands at {left}" for root, left in rows]


async def shares_make_the_whole(session: AsyncSession) -> list[str]:
    """The shares of an issued document are its net, and what became of them what became of it."""
    rows = await session.execute(
        text(
            """SELECT i.number, i.net_minor, coalesce(s.net, 0), i.pending_net_minor, s.pending,
                      i.credited_net_minor, s.credited, i.written_off_net_minor, s.written_off
                 FROM invoice i
                 LEFT JOIN (SELECT invoice_id, sum(net_minor) AS net,
                                   sum(pending_net_minor) AS pending,
                                   sum(credited_net_minor) AS credited,
                                   sum(written_off_net_minor) AS written_off
                              FROM invoice_share GROUP BY invoice_id) s ON s.invoice_id = i.id
                WHERE i.state <> 'draft' AND (i.shared OR s.net IS NOT NULL)
                  AND (i.shared, i.net_minor, i.pending_net_minor, i.credited_net_minor,
                       i.written_off_net_minor)
                      IS DISTINCT FROM (true, s.net, s.pending, s.credited, s.written_off)"""
        )
    )
    return [
        f"invoice {number}: net {net}, shares {shares}; pending {pending}, {their_pending}; "
        f"credited {credited}, {their_credited}; written off {off}, {their_off}"
        for (
            number, net, shares, pending, their_pending, credited, their_credited, off, their_off,
        ) in rows
    ]  # fmt: skip


async def members_wait_for_their_part(session: AsyncSession) -> list[str]:
    """What the books say waits for a member is her part of what clients have not paid yet."""
    rows = await session.execute(
        text(
            """SELECT coalesce(b.owner, o.member_id), coalesce(b.currency, o.currency),
                      coalesce(b.held, 0), coalesce(o.pending, 0)
                 FROM (SELECT a.owner, a.currency, -sum(p.amount_minor) AS held
                         FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                        WHERE a.code = 'member_pending' GROUP BY a.owner, a.currency) AS b
                 FULL JOIN (SELECT member_id, currency, sum(pending) AS pending FROM (
                                SELECT member_id, currency, pending_net_minor AS pending
                                  FROM invoice WHERE state <> 'draft' AND NOT shared
                                UNION ALL
                                SELECT s.member_id, i.currency, s.pending_net_minor
                                  FROM invoice_share s JOIN invoice i ON i.id = s.invoice_id
                                 WHERE i.state <> 'draft') AS part
                             GROUP BY member_id, currency) AS o
                   ON o.member_id = b.owner AND o.currency = b.currency
                WHERE coalesce(b.held, 0) <> coalesce(o.pending, 0)"""
        )
    )
    return [
        f"member {member}: {held} {currency} wait in the books, {pending} on invoices"
        for member, currency, held, pending in rows
    ]


async def given_up_is_of_each(session: AsyncSession) -> list[str]:
    """Each movement of what is given up on a shared invoice is its members', who keep count."""
    rows = await session.execute(
        text(
            """SELECT i.number, m.entry_id, m.net_minor, coalesce(sum(s.net_minor), 0)
                 FROM written_off_move m JOIN invoice i ON i.id = m.invoice_id
                 LEFT JOIN written_off_share s ON s.entry_id = m.entry_id
                WHERE i.shared OR s.entry_id IS NOT NULL
                GROUP BY i.number, m.entry_id, i.shared
               HAVING NOT i.shared OR m.net_minor <> coalesce(sum(s.net_minor), 0)"""
        )
    )
    broken = [
        f"invoice {number}: movement {entry} is {net}, its members' {theirs}"
        for number, entry, net, theirs in rows
    ]
    rows = await session.execute(
        text(
            """SELECT i.number, s.member_id, s.written_off_net_minor, coalesce(sum(m.net), 0)
                 FROM invoice_share s JOIN invoice i ON i.id = s.invoice_id
                 LEFT JOIN (SELECT w.invoice_id, o.member_id, sum(o.net_minor) AS net
                              FROM written_off_share o
                              JOIN written_off_move w ON w.entry_id = o.entry_id
                             GROUP BY w.invoice_id, o.member_id, w.write_off_entry_id) m
                   ON m.invoice_id = s.invoice_id AND m.member_id = s.member_id
                GROUP BY i.number, s.member_id, s.written_off_net_minor
               HAVING s.written_off_net_minor <> coalesce(sum(m.net), 0) OR min(m.net) < 0"""
        )
    )
    return broken + [
        f"invoice {number}: {member} counts {said} as given up, movements {moved}"
        for number, member, said, moved in rows
    ]


INVARIANTS = [
    shares_make_the_whole,
    members_wait_for_their_part,
    series_without_gaps,
    suppliers_series_without_gaps,
    totals_add_up,
    credits_are_what_was_credited,
    prepaid_was_paid,
    payments_make_what_is_paid,
    receivables_are_open_invoices,
    given_up_is_what_was_moved,
    given_up_is_of_each,
]
