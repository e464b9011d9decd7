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
         GROUP BY s.id HAVING s.opening_minor + coalesce(sum(e.amount_minor), 0) <> s.closing_minor
        """,
        "the entries of statement {0} do not make its balances",
    )
    return gaps + ends + sums


async def suspense_is_explained(session: AsyncSession) -> list[str]:
    """Suspense holds exactly the entries that nobody has explained yet."""
    return await _told(
        session,
        f"""
        SELECT coalesce(l.currency, e.currency), -coalesce(l.minor, 0), coalesce(e.minor, 0)
          FROM ({_BALANCE.format(code="suspense")}) l
          FULL JOIN (SELECT currency, sum(amount_minor)::bigint AS minor FROM bank_entry
                      WHERE state IN ('unmatched', 'suggested') GROUP BY currency) e
            ON e.currency = l.currency
         WHERE -coalesce(l.minor, 0) <> coalesce(e.minor, 0)
        """,
        "suspense in {0} holds {1}, the unexplained entries make {2} (minor units)",
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
           AND a.approver_id NOT IN (p.member_id, p.requested_by)
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
        SELECT b.id FROM payment_batch b LEFT JOIN payout p ON p.batch_id = b.id
         GROUP BY b.id
        HAVING count(p.id) <> b.payments OR coalesce(sum(p.amount_minor), 0) <> b.total_minor
        """,
        "payment file {0} does not hold the payouts that point at it",
    )


INVARIANTS = [
    bank_equals_statement,
    statements_are_chained,
    suspense_is_explained,
    transit_is_ordered,
    payouts_have_four_eyes,
    files_hold_their_payouts,
]
