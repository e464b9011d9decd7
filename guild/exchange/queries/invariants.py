"""What must always be true of what went out and what came in.

Each returns sentences about what is wrong, an empty list when all is well; plain SQL, so that they
share nothing with the commands.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SHOWN_MAX = 20


async def _told(session: AsyncSession, sql: str, sentence: str) -> list[str]:
    rows = await session.execute(text(f"{sql} LIMIT {SHOWN_MAX}"))
    return [sentence.format(*row) for row in rows]


async def filed_is_delivered(session: AsyncSession) -> list[str]:
    """Each document whose files exist has an attempt to deliver it."""
    return await _told(
        session,
        """SELECT i.number FROM invoice i WHERE i.pdf_document_id IS NOT NULL
            AND i.kind IN ('invoice', 'credit_note')  -- others reach no client
            AND NOT EXISTS (SELECT FROM transmission t WHERE t.invoice_id = i.id)""",
        "document {0} has its files and nobody began to deliver it",
    )


async def history_explains_state(session: AsyncSession) -> list[str]:
    """The last step of a transmission is its state."""
    return await _told(
        session,
        """SELECT t.id, t.state, s.state FROM transmission t
             JOIN transmission_step s ON s.transmission_id = t.id AND s.position = t.moves
            WHERE s.state <> t.state
           UNION ALL
           SELECT t.id, t.state, 'none' FROM transmission t
            WHERE t.moves > 0 AND NOT EXISTS (SELECT FROM transmission_step s
                  WHERE s.transmission_id = t.id AND s.position = t.moves)""",
        "transmission {0} is {1}, its last step says {2}",
    )


async def suppliers_are_owed_what_is_booked(session: AsyncSession) -> list[str]:
    """The books owe each supplier exactly the invoices that are booked and not paid."""
    return await _told(
        session,
        """SELECT coalesce(l.owner, s.supplier_id), -coalesce(l.minor, 0), coalesce(s.minor, 0)
             FROM (SELECT a.owner, a.currency, sum(b.debit_minor - b.credit_minor)::bigint AS minor
                     FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
                    WHERE a.code = 'payable' GROUP BY a.owner, a.currency) l
             FULL JOIN (SELECT supplier_id, currency, sum(CASE kind WHEN 'credit_note'
                               THEN -payable_minor ELSE payable_minor END)::bigint AS minor
                          FROM supplier_invoice WHERE state = 'booked'
                         GROUP BY supplier_id, currency) s
               ON s.supplier_id = l.owner AND s.currency = l.currency
            WHERE -coalesce(l.minor, 0) <> coalesce(s.minor, 0)""",
        "supplier {0}: the books owe {1}, the booked invoices make {2} (minor units)",
    )


async def bookings_have_four_eyes(session: AsyncSession) -> list[str]:
    """Nobody booked what her own project bought."""
    return await _told(
        session,
        """SELECT id FROM supplier_invoice WHERE state IN ('booked', 'ordered', 'paid')
            AND (booked_by IS NULL OR accepted_by IS NULL OR booked_by = member_id)""",
        "supplier invoice {0} was booked by the member whose project it is, or by nobody",
    )


INVARIANTS = [
    filed_is_delivered,
    history_explains_state,
    suppliers_are_owed_what_is_booked,
    bookings_have_four_eyes,
]
