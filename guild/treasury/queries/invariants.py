"""What must always be true between the books, the bank and the payouts.

Each returns sentences about what is wrong, an empty list when all is well. They run in tests, in
the CLI and every quarter of an hour, on plain SQL, so that they share nothing with the commands.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SHOWN_MAX = 20
_BALANCE = """
    SELECT a.owner, a.currency, sum(b.debit_minor - b.credit_minor)::bigint AS minor
      FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
     WHERE a.code = '{code}' GROUP BY a.owner, a.currency
"""


async def _told(session: AsyncSession, sql: str, sentence: str) -> list[str]:
    rows = await session.execute(text(f"{sql} LIMIT {SHOWN_MAX}"))
    return [sentence.format(*row) for row in rows]


async def bank_equals_statement(session: AsyncSession) -> list[str]:
    """Each bank account in the books holds what its last statement closed with."""
    return await _told(
        session,
        f"""
        SELECT coalesce(c.iban, l.owner::text), coalesce(l.minor, 0), coalesce(c.balance_minor, 0)
          FROM ({_BALANCE.format(code="bank")}) l
          FULL JOIN coop_bank_account c ON c.id = l.owner AND c.currency = l.currency
         WHERE coalesce(l.minor, 0) <> coalesce(c.balance_minor, 0)
        """,
        "bank account {0}: the books hold {1}, the statement says {2} (minor units)",
    )


async def statements_are_chained(session: AsyncSession) -> list[str]:
    """Statements follow each other, and the account's balance is the last one's closing balance."""
    gaps = await _told(
        session,
        """
        SELECT s.id, s.opening_minor, p.closing_minor FROM bank_statement s
          JOIN bank_statement p ON p.id = s.previous_id WHERE s.opening_minor <> p.closing_minor
        """,
        "statement {0} opens with {1}, the one before closed with {2}",
    )
    ends = await _told(
        session,
        """
        SELECT c.iban, c.balance_minor, s.closing_minor FROM coop_bank_account c
          JOIN bank_statement s ON s.account_id = c.id
         WHERE NOT EXISTS (SELECT FROM bank_statement n WHERE n.previous_id = s.id)
           AND s.closing_minor <> c.balance_minor
        """,
        "account {0} stands at {1}, its last statement closed with {2}",
    )
    sums = await _told(
        session,
        """
        SELECT s.id FROM bank_statement s LEFT JOIN bank_entry e ON e.statement_id = s.id
           AND e.parent_id IS NULL
         GROUP BY s.id HAVING s.opening_minor + coalesce(sum(e.amount_minor), 0) <> s.closing_minor
        """,
        "the entries of statement {0} do not make its balances",
    )
    return gaps + ends + sums


async def books_agree_with_bank_by_day(session: AsyncSession) -> list[str]:
    """On each day the books moved by what the bank booked, so that any closing balance holds."""
    return await _told(
        session,
        """
        SELECT coalesce(l.owner, e.account_id), coalesce(l.day, e.day),
               coalesce(l.minor, 0), coalesce(e.minor, 0)
          FROM (SELECT a.owner, p.occurred_on AS day, sum(p.amount_minor)::bigint AS minor
                  FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                  JOIN ledger_entry n ON n.id = p.entry_id AND n.kind <> 'bank_opened'
                 WHERE a.code = 'bank' GROUP BY a.owner, p.occurred_on) l
          FULL JOIN (SELECT account_id, booked_on AS day, sum(amount_minor)::bigint AS minor
                       FROM bank_entry WHERE parent_id IS NULL
                      GROUP BY account_id, booked_on) e
            ON e.account_id = l.owner AND e.day = l.day
         WHERE coalesce(l.minor, 0) <> coalesce(e.minor, 0)
        """,
        "account {0} on {1}: the books moved by {2}, the bank by {3} (minor units)",
    )


async def closing_balances_are_met(session: AsyncSession) -> list[str]:
    """Each closing balance that the bank stated is what its account held then."""
    return await _told(
        session,
        """
        SELECT s.id, s.to_on, s.stated_closing_minor, s.closing_minor FROM bank_statement s
         WHERE s.stated_closing_minor <> s.closing_minor
           AND s.stated_closing_minor <> s.closing_minor - (
               SELECT coalesce(sum(e.amount_minor), 0) FROM bank_entry e
                WHERE e.account_id = s.account_id AND e.statement_id <= s.id
                  AND e.parent_id IS NULL AND e.booked_on > s.to_on)
        """,
        "statement {0} of {1} closes with {2}, the account held {3} (minor units)",
    )


async def suspense_is_explained(session: AsyncSession) -> list[str]:
    """Suspense holds exactly the entries that nobody has explained yet."""
    return await _told(
        session,
        f"""
        SELECT coalesce(l.currency, e.currency), -coalesce(l.minor, 0), coalesce(e.minor, 0)
          FROM ({_BALANCE.format(code="suspense")}) l
          FULL JOIN (SELECT currency, sum(amount_minor)::bigint AS minor FROM bank_entry
                      WHERE state IN ('unmatched', 'suggested', 'set_aside')
                      GROUP BY currency) e
            ON e.currency = l.currency
         WHERE -coalesce(l.minor, 0) <> coalesce(e.minor, 0)
        """,
        "suspense in {0} holds {1}, the unexplained entries make {2} (minor units)",
    )


async def divided_entries_add_up(session: AsyncSession) -> list[str]:
    """The payments inside a batch that was divided later make its sum."""
    return await _told(
        session,
        """
        SELECT p.reference, p.amount_minor, coalesce(sum(e.amount_minor), 0)
          FROM bank_entry p LEFT JOIN bank_entry e ON e.parent_id = p.id
         GROUP BY p.id
        HAVING (p.state = 'divided') <> (count(e.id) > 0)
            OR (count(e.id) > 0 AND sum(e.amount_minor) <> p.amount_minor)
        """,
        "bank entry {0} of {1} is divided into {2} (minor units)",
    )


async def transit_is_ordered(session: AsyncSession) -> list[str]:
    """What is in transit is what was approved and the bank has not shown yet."""
    return await _told(
        session,
        f"""
        SELECT coalesce(l.owner, p.account_id), -coalesce(l.minor, 0), coalesce(p.minor, 0)
          FROM ({_BALANCE.format(code="payout_in_transit")}) l
          FULL JOIN (SELECT account_id, currency, sum(amount_minor)::bigint AS minor FROM payout
                      WHERE state IN ('approved', 'ordered') GROUP BY account_id, currency) p
            ON p.account_id = l.owner AND p.currency = l.currency
         WHERE -coalesce(l.minor, 0) <> coalesce(p.minor, 0)
        """,
        "account {0}: {1} in transit in the books, {2} in approved payouts (minor units)",
    )


async def payouts_have_four_eyes(session: AsyncSession) -> list[str]:
    """Each payout that left the state of a request was approved by enough others."""
    return await _told(
        session,
        """
        SELECT p.id, p.state, count(a.approver_id) FROM payout p
          LEFT JOIN payout_approval a ON a.payout_id = p.id
           AND a.approver_id IS DISTINCT FROM p.member_id AND a.approver_id <> p.requested_by
           AND a.approver_id IS DISTINCT FROM p.concerns_id
         WHERE p.state IN ('approved', 'ordered', 'settled', 'returned')
         GROUP BY p.id HAVING count(a.approver_id) < greatest(2, p.approvals_needed)
        """,
        "payout {0} is {1} with {2} approvals by others",
    )


async def files_hold_their_payouts(session: AsyncSession) -> list[str]:
    """Number and sum of a payment file are those of its payouts, for ever."""
    return await _told(
        session,
        """
        SELECT b.id FROM payment_batch b
          LEFT JOIN (SELECT batch_id, amount_minor FROM payout
                      UNION ALL SELECT batch_id, amount_minor FROM direct_debit) p
            ON p.batch_id = b.id
         GROUP BY b.id
        HAVING count(p.batch_id) <> b.payments OR coalesce(sum(p.amount_minor), 0) <> b.total_minor
        """,
        "payment file {0} does not hold the payments that point at it",
    )


async def bands_are_kept(session: AsyncSession) -> list[str]:
    """What left the state of a request has the approvals of each office that its band asked for."""
    return await _told(
        session,
        """
        SELECT p.id, r.key, r.value FROM payout p, jsonb_each_text(p.roles_needed) r
         WHERE p.state IN ('approved', 'ordered', 'settled', 'returned')
           AND (SELECT count(*) FROM payout_approval a
                 WHERE a.payout_id = p.id AND a.role = r.key) < r.value::int
        """,
        "payout {0} lacks approvals of a {1}: {2} are needed",
    )


async def runs_hold_their_payouts(session: AsyncSession) -> list[str]:
    """Number and sum of a run are those of its payouts, and nobody is in it twice."""
    sums = await _told(
        session,
        """
        SELECT r.id FROM payout_run r LEFT JOIN payout p ON p.run_id = r.id
         GROUP BY r.id
        HAVING count(p.id) <> r.payouts OR coalesce(sum(p.amount_minor), 0) <> r.amount_minor
        """,
        "payout run {0} does not hold the payouts that point at it",
    )
    twice = await _told(
        session,
        """
        SELECT run_id, member_id FROM payout WHERE run_id IS NOT NULL
         GROUP BY run_id, member_id HAVING count(*) > 1
        """,
        "payout run {0} asks twice for member {1}",
    )
    return sums + twice


async def shares_make_what_was_paid(session: AsyncSession) -> list[str]:
    """Where each euro went: the shares of an invoice's payments are what was paid of its net.

    Pots, the fund's advance and the member's money together, whatever rule divided them. Credit
    notes give back in proportion and are proved by the fund.
    """
    return await _told(
        session,
        """
        SELECT i.number, coalesce(p.net, 0), coalesce(s.minor, 0)
          FROM invoice i
          LEFT JOIN (SELECT invoice_id, sum(net_minor)::bigint AS net FROM (
                            SELECT invoice_id, net_minor FROM payment UNION ALL
                            SELECT invoice_id, -net_minor FROM payment_reversal) moved
                      GROUP BY invoice_id) p ON p.invoice_id = i.id
          LEFT JOIN (SELECT e.subject_id, -sum(l.amount_minor)::bigint AS minor
                       FROM ledger_entry e
                       JOIN ledger_posting l ON l.entry_id = e.id
                       JOIN ledger_account a ON a.id = l.account_id
                        AND (a.code LIKE 'fund\\_%'
                             OR a.code IN ('guarantee_advance', 'member_available'))
                      WHERE e.kind IN ('payment_released', 'levy_returned')
                      GROUP BY e.subject_id) s ON s.subject_id = i.id
         WHERE i.kind = 'invoice' AND i.credited_minor = 0
           AND coalesce(p.net, 0) <> coalesce(s.minor, 0)
        """,
        "invoice {0}: {1} of its net was paid, its shares make {2} (minor units)",
    )


async def payouts_take_what_they_say(session: AsyncSession) -> list[str]:
    """A payout that was approved took exactly its amount from its payee's money in the books."""
    return await _told(
        session,
        """
        SELECT p.id, p.amount_minor, coalesce(sum(l.amount_minor), 0)
          FROM payout p
          LEFT JOIN ledger_posting l ON l.entry_id = p.ledger_entry_id AND l.amount_minor > 0
         WHERE p.ledger_entry_id IS NOT NULL
         GROUP BY p.id HAVING coalesce(sum(l.amount_minor), 0) <> p.amount_minor
        """,
        "payout {0} of {1} took {2} (minor units) from its payee",
    )


INVARIANTS = [
    shares_make_what_was_paid,
    payouts_take_what_they_say,
    bank_equals_statement,
    statements_are_chained,
    books_agree_with_bank_by_day,
    closing_balances_are_met,
    suspense_is_explained,
    divided_entries_add_up,
    transit_is_ordered,
    payouts_have_four_eyes,
    files_hold_their_payouts,
    bands_are_kept,
    runs_hold_their_payouts,
]
