"""What must always be true of the books; run by tests, by the CLI and every quarter of an hour.

Each returns sentences about what is wrong, an empty list when all is well.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SHOWN_MAX = 20


async def _told(session: AsyncSession, sql: str, sentence: str) -> list[str]:
    rows = await session.execute(text(f"{sql} LIMIT {SHOWN_MAX}"))
    return [sentence.format(*row) for row in rows]


async def entries_balance(session: AsyncSession) -> list[str]:
    """Every entry has at least two postings, which sum to zero in each currency."""
    unequal = await _told(
        session,
        "SELECT entry_id, currency, sum(amount_minor) FROM ledger_posting "
        "GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0",
        "entry {0} is off by {2} minor units of {1}",
    )
    short = await _told(
        session,
        "SELECT e.id FROM ledger_entry e LEFT JOIN ledger_posting p ON p.entry_id = e.id "
        "GROUP BY e.id HAVING count(p.entry_id) < 2",
        "entry {0} has fewer than two postings",
    )
    return unequal + short


async def balances_are_sums(session: AsyncSession) -> list[str]:
    """The maintained balances equal the sums of the postings, per account and month."""
    return await _told(
        session,
        """
        SELECT account_id, month, coalesce(b.debit, 0), coalesce(s.debit, 0),
               coalesce(b.credit, 0), coalesce(s.credit, 0)
          FROM (SELECT account_id, month, sum(debit_minor) AS debit, sum(credit_minor) AS credit
                  FROM ledger_balance GROUP BY 1, 2) b
          FULL JOIN (SELECT account_id, date_trunc('month', occurred_on)::date AS month,
                            sum(greatest(amount_minor, 0)) AS debit,
                            sum(greatest(-amount_minor, 0)) AS credit
                       FROM ledger_posting GROUP BY 1, 2) s USING (account_id, month)
         WHERE (b.debit, b.credit) IS DISTINCT FROM (s.debit, s.credit)
        """,
        "account {0} in {1}: kept debits {2}, posted {3}; kept credits {4}, posted {5}",
    )


async def trial_balance_is_zero(session: AsyncSession) -> list[str]:
    """Over all accounts, debits equal credits in each currency."""
    return await _told(
        session,
        "SELECT currency, sum(debit_minor - credit_minor) FROM ledger_balance "
        "GROUP BY currency HAVING sum(debit_minor - credit_minor) <> 0",
        "the trial balance in {0} is off by {1} minor units",
    )


async def no_orphans(session: AsyncSession) -> list[str]:
    """Every posting has its entry and account, in one currency and on one day.

    An entry that reverses another mirrors it exactly.
    """
    orphans = await _told(
        session,
        "SELECT p.entry_id, p.position FROM ledger_posting p "
        "LEFT JOIN ledger_entry e ON e.id = p.entry_id AND e.occurred_on = p.occurred_on "
        "LEFT JOIN ledger_account a ON a.id = p.account_id AND a.currency = p.currency "
        "WHERE e.id IS NULL OR a.id IS NULL",
        "posting {0}/{1} has no entry or account that fits it",
    )
    crooked = await _told(
        session,
        """
        SELECT e.id FROM ledger_entry e
         WHERE e.reverses IS NOT NULL AND EXISTS (
               SELECT account_id FROM ledger_posting
                WHERE entry_id IN (e.id, e.reverses)
                GROUP BY account_id HAVING sum(amount_minor) <> 0)
        """,
        "entry {0} does not mirror the one that it reverses",
    )
    return orphans + crooked
