"""The payments that a refund can go back to: each names the account that the money came from."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.sql import bindparam
from sqlalchemy.types import Uuid

from guild.core.ids import BankEntryId, OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.ledger.chart import Account
from guild.receivables.queries.account import visible_client
from guild.receivables.schemas import RefundSourceOut

SHOWN: Final = 50
READ: Final = text(
    """
WITH came AS (
    SELECT p.bank_entry_id AS entry_id, p.received_on AS on_day, p.amount_minor,
           i.number AS about
      FROM payment p JOIN invoice i ON i.id = p.invoice_id
     WHERE i.client_id = :client AND p.currency = :currency AND p.bank_entry_id IS NOT NULL
       AND p.amount_minor > (SELECT coalesce(sum(r.amount_minor), 0) FROM payment_reversal r
                              WHERE r.payment_id = p.id)
     UNION ALL
    SELECT e.subject_id, e.occurred_on, -g.amount_minor, NULL
      FROM ledger_posting g JOIN ledger_entry e ON e.id = g.entry_id
     WHERE g.account_id = :account AND g.amount_minor < 0 AND e.kind = 'client_credit'
       AND e.reverses IS NULL
       AND NOT EXISTS (SELECT 1 FROM ledger_entry u WHERE u.reverses = e.id)
)
SELECT entry_id, min(on_day) AS on_day, sum(amount_minor)::bigint AS minor,
       coalesce(array_agg(DISTINCT about) FILTER (WHERE about IS NOT NULL), '{}') AS numbers
  FROM came
 WHERE (CAST(:entry AS uuid) IS NULL OR entry_id = CAST(:entry AS uuid))
   AND NOT EXISTS (SELECT 1 FROM client_refund f
                    WHERE f.bank_entry_id = came.entry_id AND f.state <> 'refused')
 GROUP BY entry_id
 ORDER BY on_day DESC, entry_id DESC
 LIMIT :shown"""
).bindparams(
    bindparam("client", type_=Uuid()),
    bindparam("account", type_=Uuid()),
    bindparam("entry", type_=Uuid()),
)


async def refund_sources(
    work: Work, client_id: OrganisationId, currency: str
) -> list[RefundSourceOut]:
    """What came from the client by its bank and no refund has gone back to, the latest first.

    Raises OrganisationNotFound.
    """
    await visible_client(work, client_id)
    return await _read(work, client_id, currency, None)


async def is_refund_source(
    work: Work, client_id: OrganisationId, currency: str, entry_id: BankEntryId
) -> bool:
    """Whether a refund to this client can go back to the account that this entry came from."""
    return bool(await _read(work, client_id, currency, entry_id))


async def _read(
    work: Work, client_id: OrganisationId, currency: str, entry_id: BankEntryId | None
) -> list[RefundSourceOut]:
    rows = await work.session.execute(
        READ,
        {
            "client": client_id,
            "currency": currency,
            "account": Account("client_credit", client_id).id(currency),
            "entry": entry_id,
            "shown": SHOWN,
        },
    )
    return [
        RefundSourceOut(
            bank_entry_id=row.entry_id,
            received_on=row.on_day,
            amount=Money(row.minor, currency).text,
            currency=currency,
            invoice_numbers=sorted(row.numbers),
        )
        for row in rows
    ]
