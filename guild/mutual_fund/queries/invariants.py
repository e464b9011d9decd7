"""What must always be true of the fund; each returns sentences about what is wrong."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SHOWN_MAX = 20


async def _told(session: AsyncSession, sql: str, sentence: str) -> list[str]:
    rows = await session.execute(text(f"{sql} LIMIT {SHOWN_MAX}"))
    return [sentence.format(*row) for row in rows]


async def levies_fit_the_books(session: AsyncSession) -> list[str]:
    """The levies in the pots are exactly the levy of what each invoice has released."""
    return await _told(
        session,
        """
        SELECT i.number, i.owed, coalesce(p.levy, 0)
          FROM (SELECT invoice_id, number,
                       sum((released_net_minor * rate_bps * 2 + 10000) / 20000) AS owed
                  FROM levied_invoice GROUP BY invoice_id, number) i
          LEFT JOIN (SELECT e.subject_id, sum(-p.amount_minor) AS levy
                       FROM ledger_entry e
                       JOIN ledger_posting p ON p.entry_id = e.id
                       JOIN ledger_account a ON a.id = p.account_id AND a.code LIKE 'fund\\_%'
                      WHERE e.kind IN ('payment_released', 'levy_returned')
                      GROUP BY e.subject_id) p ON p.subject_id = i.invoice_id
         WHERE i.owed <> coalesce(p.levy, 0)
        """,
        "invoice {0} owes a levy of {1} minor units, the pots got {2}",
    )


async def advances_fit_the_books(session: AsyncSession) -> list[str]:
    """What the fund has out on each invoice is what its advance account holds."""
    return await _told(
        session,
        """
        SELECT i.number, i.out, coalesce(b.held, 0)
          FROM (SELECT invoice_id, number, sum(advanced_minor - repaid_minor) AS out
                  FROM levied_invoice GROUP BY invoice_id, number) i
          LEFT JOIN (SELECT a.owner, sum(b.debit_minor - b.credit_minor) AS held
                       FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
                      WHERE a.code = 'guarantee_advance' GROUP BY a.owner) b
            ON b.owner = i.invoice_id
         WHERE i.out <> coalesce(b.held, 0)
        """,
        "invoice {0} has {1} minor units advanced, the books say {2}",
    )


async def limits_are_kept(session: AsyncSession) -> list[str]:
    """No contract has more advances out than was promised, and no advance lacks its guarantee."""
    return await _told(
        session,
        """
        SELECT i.contract_id, sum(i.advanced_minor - i.repaid_minor), g.up_to_minor
          FROM levied_invoice i
          LEFT JOIN guarantee_reservation g ON g.contract_id = i.contract_id
         WHERE i.advanced_minor > 0
         GROUP BY i.contract_id, g.up_to_minor
        HAVING sum(i.advanced_minor - i.repaid_minor) > coalesce(g.up_to_minor, 0)
        """,
        "contract {0} has {1} minor units advanced, promised were {2}",
    )


async def advances_are_what_was_paid(session: AsyncSession) -> list[str]:
    """What an invoice counts as advanced to a member is the sum of her advances on it."""
    return await _told(
        session,
        """
        SELECT i.number, i.advanced_minor, coalesce(a.minor, 0)
          FROM levied_invoice i
          LEFT JOIN (SELECT invoice_id, member_id, sum(amount_minor)::bigint AS minor
                       FROM advance GROUP BY invoice_id, member_id) a
            ON a.invoice_id = i.invoice_id AND a.member_id = i.member_id
         WHERE i.advanced_minor <> coalesce(a.minor, 0)
        """,
        "invoice {0} counts {1} minor units advanced, its advances are {2}",
    )


async def claims_are_paid_once(session: AsyncSession) -> list[str]:
    """What was granted is set aside in the books, and what was paid is payouts and arrears."""
    return await _told(
        session,
        """
        SELECT c.id, c.granted_minor, coalesce(b.granted, 0), c.paid_minor,
               coalesce(b.kept, 0) + coalesce(o.settled, 0)
          FROM claim c
          LEFT JOIN (SELECT e.subject_id,
                            sum(-p.amount_minor) FILTER (WHERE e.kind = 'benefit_granted')
                              AS granted,
                            sum(p.amount_minor) FILTER (WHERE e.kind = 'benefit_held_back')
                              AS kept
                       FROM ledger_entry e
                       JOIN ledger_posting p ON p.entry_id = e.id
                       JOIN ledger_account a ON a.id = p.account_id
                        AND a.code = 'benefit_payable'
                      WHERE e.kind IN ('benefit_granted', 'benefit_held_back')
                      GROUP BY e.subject_id) b ON b.subject_id = c.id
          LEFT JOIN (SELECT claim_id, sum(amount_minor) AS settled FROM claim_payout
                      WHERE state = 'settled' GROUP BY claim_id) o ON o.claim_id = c.id
         WHERE c.granted_minor <> coalesce(b.granted, 0)
            OR c.paid_minor <> coalesce(b.kept, 0) + coalesce(o.settled, 0)
        """,
        "claim {0}: granted {1}, set aside {2}; paid {3}, by payouts and arrears {4}",
    )


async def benefits_have_their_claim(session: AsyncSession) -> list[str]:
    """Every payout of a benefit was asked for by the fund, for a claim."""
    return await _told(
        session,
        """
        SELECT p.id, p.amount_minor FROM payout p
         WHERE p.purpose = 'benefit'
           AND NOT EXISTS (SELECT FROM claim_payout c
                            WHERE c.payout_id = p.id AND c.amount_minor = p.amount_minor)
        """,
        "payout {0} of a benefit ({1} minor units) belongs to no claim",
    )


INVARIANTS = [
    levies_fit_the_books,
    advances_fit_the_books,
    limits_are_kept,
    advances_are_what_was_paid,
    claims_are_paid_once,
    benefits_have_their_claim,
]
