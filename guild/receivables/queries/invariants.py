"""What must always be true of receivables; run by tests, by `guild check` and by the clock."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guild.receivables.models import HOLDING

SHOWN_MAX = 20


async def _told(session: AsyncSession, sql: str, sentence: str, **said: object) -> list[str]:
    rows = await session.execute(text(f"{sql} LIMIT {SHOWN_MAX}"), said)
    return [sentence.format(*row) for row in rows]


async def open_is_what_is_left(session: AsyncSession) -> list[str]:
    """Open = total − paid − credited − written off, and something is open in open states only."""
    return await _told(
        session,
        """SELECT number, state, o FROM (
             SELECT i.number, i.state, i.total_minor + i.rounding_minor - i.paid_minor
                    - i.credited_minor + i.refundable_minor - i.written_off_minor AS o
               FROM invoice i WHERE i.kind = 'invoice' AND i.state <> 'draft') AS left_over
            WHERE o < 0 OR (o > 0) <> (state IN ('issued', 'partly_paid'))""",
        "invoice {0} is {1} and has {2} minor units open",
    )


async def disputed_was_asked_for(session: AsyncSession) -> list[str]:
    """An objection holds no more than the invoice asked for, and one holds at a time."""
    return await _told(
        session,
        """SELECT i.number, count(*), sum(b.amount_minor)
             FROM objection b JOIN invoice i ON i.id = b.invoice_id
            WHERE b.state = ANY (:holding)
            GROUP BY i.id, i.number, i.total_minor, i.rounding_minor
           HAVING count(*) > 1 OR sum(b.amount_minor) > i.total_minor + i.rounding_minor""",
        "invoice {0} has {1} objections that hold {2} minor units",
        holding=list(HOLDING),
    )


async def interest_is_claimed_once(session: AsyncSession) -> list[str]:
    """No day of an invoice is claimed twice, nor the compensation."""
    return await _told(
        session,
        """SELECT a.invoice_number, a.period_from, b.period_from
             FROM interest_claim a JOIN interest_claim b
               ON b.invoice_id = a.invoice_id AND b.id > a.id
            WHERE (a.period_from <= b.period_to AND b.period_from <= a.period_to)
               OR (a.compensation_minor > 0 AND b.compensation_minor > 0)""",
        "interest on invoice {0} is claimed twice: from {1} and from {2}",
    )


async def claims_fit_the_books(session: AsyncSession) -> list[str]:
    """What the books hold as interest owed is the sum of the claims that nobody paid or waived."""
    return await _told(
        session,
        """SELECT coalesce(b.owner, c.client_id), coalesce(b.held, 0), coalesce(c.open, 0)
             FROM (SELECT a.owner, a.currency, sum(p.amount_minor) AS held
                     FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                    WHERE a.code = 'interest_receivable' GROUP BY a.owner, a.currency) AS b
             FULL JOIN (SELECT client_id, currency,
                               sum(interest_minor + compensation_minor) AS open
                          FROM interest_claim WHERE state = 'claimed'
                         GROUP BY client_id, currency) AS c
               ON c.client_id = b.owner AND c.currency = b.currency
            WHERE coalesce(b.held, 0) <> coalesce(c.open, 0)""",
        "client {0}: the books hold {1} of interest, claims {2}",
    )


async def refunds_fit_the_credit(session: AsyncSession) -> list[str]:
    """What is being refunded to a client and has not left is on its account."""
    return await _told(
        session,
        """SELECT r.client_id, r.asked, coalesce(b.held, 0)
             FROM (SELECT client_id, currency, sum(amount_minor) AS asked FROM client_refund
                    WHERE state IN ('proposed', 'approved') GROUP BY client_id, currency) AS r
             LEFT JOIN (SELECT a.owner, a.currency, -sum(p.amount_minor) AS held
                          FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                         WHERE a.code = 'client_credit' GROUP BY a.owner, a.currency) AS b
               ON b.owner = r.client_id AND b.currency = r.currency
            WHERE r.asked > coalesce(b.held, 0)""",
        "client {0}: {1} minor units are to be refunded, {2} are on account",
    )


async def bad_debt_vat_is_decided_once(session: AsyncSession) -> list[str]:
    """The VAT of write-offs that nobody decided is what `vat_on_bad_debts` holds."""
    return await _told(
        session,
        """SELECT coalesce(b.held, 0), coalesce(w.open, 0)
             FROM (SELECT sum(p.amount_minor) AS held FROM ledger_account a
                     JOIN ledger_posting p ON p.account_id = a.id
                    WHERE a.code = 'vat_on_bad_debts') AS b,
                  (SELECT sum(vat_minor - credited_vat_minor) AS open FROM write_off
                    WHERE state = 'booked' AND vat_decision = '') AS w
            WHERE coalesce(b.held, 0) <> coalesce(w.open, 0)""",
        "VAT on bad debts is {0} in the books, {1} of it undecided",
    )


INVARIANTS = [
    open_is_what_is_left,
    disputed_was_asked_for,
    interest_is_claimed_once,
    claims_fit_the_books,
    refunds_fit_the_credit,
    bad_debt_vat_is_decided_once,
]
