"""How an invoice stands with its client: open, disputed, promised, stopped. One statement."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from guild.core.ids import ContactId, ContractId, InvoiceId, MemberId, OrganisationId
from guild.core.work import Work
from guild.invoicing import access
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice, Payment, PaymentReversal, WrittenOffMove
from guild.members.rules.clients import client_key
from guild.receivables.models import HOLDING, Objection
from guild.receivables.rules.interest import Debt, Held
from guild.receivables.rules.reminders import Override, merged, quiet_reasons

HOUSE: Final = UUID(int=0)
"""The subject of a rule for the whole house."""
OPEN: Final = """(i.total_minor + i.rounding_minor - i.paid_minor - i.credited_minor
                  + i.refundable_minor - i.written_off_minor)"""
"""What is open on an issued invoice, in SQL."""

READ: Final = text(
    f"""
SELECT i.id, i.number, i.state, i.title, i.contract_id, i.member_id, i.client_id, i.contact_id,
       i.issued_on, i.due_on, i.settled_on, i.currency, i.language, i.reference, i.iban, i.bic,
       i.total_minor + i.rounding_minor AS total_minor, i.paid_minor, i.credited_minor,
       i.refundable_minor, i.written_off_minor, {OPEN} AS open_minor,
       coalesce(i.buyer->>'name', o.name) AS client_name, o.kind AS client_kind,
       coalesce(i.buyer->>'country', o.country) AS country,
       o.vat_number, o.enterprise_number, o.country AS client_country,
       c.name AS contact_name, c.email AS contact_email, m.display_name AS member_name,
       k.law_country,
       (SELECT b.amount_minor FROM objection b
         WHERE b.invoice_id = i.id AND b.state = ANY (:holding)) AS held_minor,
       (SELECT p.pay_by FROM promise p
         WHERE p.invoice_id = i.id AND p.state = 'open') AS promised_until,
       (SELECT json_object_agg(r.scope, json_build_object(
                   'stopped', CASE WHEN r.stopped THEN r.reason ELSE '' END,
                   'shift_days', r.shift_days, 'channel', r.channel))::text
          FROM reminder_rule r
         WHERE (r.scope, r.subject_id) IN (('house', :house), ('client', i.client_id),
                                           ('invoice', i.id))) AS rules,
       (SELECT json_agg(json_build_object('step', q.step, 'sent', q.result = 'sent',
                                          'on', q.sent_at::date))::text
          FROM reminder q WHERE q.invoice_id = i.id) AS done
  FROM invoice i
  JOIN organisation o ON o.id = i.client_id
  JOIN contact c ON c.id = i.contact_id
  JOIN member m ON m.id = i.member_id
  JOIN contract k ON k.id = i.contract_id
 WHERE i.id = ANY (:ids) AND i.kind = 'invoice' AND i.state <> 'draft'
 ORDER BY i.id"""
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid())), bindparam("house", HOUSE, type_=Uuid()),
    bindparam("holding", list(HOLDING)),
)  # fmt: skip


class _Done(msgspec.Struct, frozen=True):
    step: int
    sent: bool
    on: date


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An issued invoice as its client meets it. Amounts are minor units, VAT included."""

    id: InvoiceId
    number: str
    state: str
    title: str
    contract_id: ContractId
    member_id: MemberId
    member_name: str
    client_id: OrganisationId
    client_name: str
    client_kind: str
    client_key: str
    contact_id: ContactId
    contact_name: str
    contact_email: str
    country: str
    """Whose calendar counts: the buyer's, as printed."""
    law_country: str
    """The law that the contract was signed under; it sets the rate of interest."""
    issued_on: date
    due_on: date
    settled_on: date | None
    currency: str
    language: str
    reference: str
    iban: str
    bic: str
    total_minor: int
    paid_minor: int
    credited_minor: int
    refundable_minor: int
    written_off_minor: int
    open_minor: int
    disputed_minor: int
    promised_until: date | None
    insolvent: bool
    override: Override
    done_steps: frozenset[int]
    last_sent: date | None

    @property
    def due_minor(self) -> int:
        """What may be asked for today: open and not in dispute."""
        return self.open_minor - self.disputed_minor

    def quiet(self, today: date) -> list[str]:
        """Why it is not reminded of now."""
        return quiet_reasons(
            open_minor=self.open_minor,
            disputed_minor=self.disputed_minor,
            promised_until=self.promised_until,
            insolvent=self.insolvent,
            stopped=self.override.stopped,
            today=today,
        )


async def standings(work: Work, ids: Sequence[InvoiceId]) -> list[Standing]:
    """The issued invoices among `ids`, whoever asks; access is the caller's question."""
    await work.write()
    rows = (await work.session.execute(READ, {"ids": list(ids)})).mappings().all()
    keys = {_key(row) for row in rows}
    flagged: set[str] = set()
    if keys:
        found = await work.session.execute(
            text("SELECT client_key FROM insolvency WHERE state = 'flagged' "
                 "AND client_key = ANY (:keys)"),
            {"keys": sorted(keys)},
        )  # fmt: skip
        flagged = set(found.scalars())
    return [_standing(row, insolvent=_key(row) in flagged) for row in rows]


async def visible_standing(work: Work, invoice_id: InvoiceId) -> Standing:
    """One issued invoice that the actor may see; raises InvoiceNotFound."""
    found = await work.session.scalar(
        select(Invoice.id).where(Invoice.id == invoice_id, access.visible_to(work.actor))
    )
    if found is None:
        raise InvoiceNotFound
    return await standing(work, invoice_id)


async def standing(work: Work, invoice_id: InvoiceId) -> Standing:
    """One issued invoice, whoever asks; raises InvoiceNotFound."""
    rows = await standings(work, [invoice_id])
    if not rows:
        raise InvoiceNotFound
    return rows[0]


async def debt_of(work: Work, one: Standing) -> Debt:
    """What interest is reckoned on: the sum less credit notes, each payment, each dispute.

    What was given up bears none from that day on, as if it had been paid. Payments that a later
    credit note made refundable are taken off from the last one on: what was taken back never was a
    debt. What of a payment was reversed was none.
    """
    paid = await work.session.execute(
        select(
            Payment.received_on,
            Payment.amount_minor - func.coalesce(func.sum(PaymentReversal.amount_minor), 0),
        )
        .join(PaymentReversal, PaymentReversal.payment_id == Payment.id, isouter=True)
        .where(Payment.invoice_id == one.id)
        .group_by(Payment.id)
        .order_by(Payment.received_on, Payment.id)
    )
    payments = [(day, int(minor)) for day, minor in paid]
    back = one.refundable_minor
    for place in range(len(payments) - 1, -1, -1):
        day, minor = payments[place]
        taken = min(back, minor)
        back -= taken
        payments[place] = (day, minor - taken)
    payments += await _given_up(work, one.id)
    held = await work.session.scalars(
        select(Objection).where(Objection.invoice_id == one.id).order_by(Objection.id)
    )
    return Debt(
        total_minor=one.total_minor - one.credited_minor,
        payments=tuple((day, minor) for day, minor in payments if minor),
        held=tuple(
            Held(since=row.opened_on, until=row.closed_on, minor=row.amount_minor) for row in held
        ),
    )


async def _given_up(work: Work, invoice_id: InvoiceId) -> list[tuple[date, int]]:
    """What is still given up, by the day of each write-off."""
    rows = await work.session.execute(
        select(func.min(WrittenOffMove.moved_on), func.sum(WrittenOffMove.amount_minor))
        .where(WrittenOffMove.invoice_id == invoice_id)
        .group_by(WrittenOffMove.write_off_entry_id)
    )
    return [(on, int(minor)) for on, minor in rows if minor]


class _Named(msgspec.Struct, frozen=True):
    id: UUID
    country: str
    vat_number: str | None
    enterprise_number: str | None


def _key(row: RowMapping) -> str:
    return client_key(
        _Named(row["client_id"], row["client_country"], row["vat_number"], row["enterprise_number"])
    )


_RULES: Final = msgspec.json.Decoder(dict[str, Override])
_DONE: Final = msgspec.json.Decoder(list[_Done])
_SAME: Final = (
    "id", "number", "state", "title", "contract_id", "member_id", "member_name", "client_id",
    "client_name", "client_kind", "contact_id", "contact_name", "contact_email", "country",
    "law_country", "issued_on", "due_on", "settled_on", "currency", "language", "reference",
    "total_minor", "paid_minor", "credited_minor", "refundable_minor", "written_off_minor",
    "open_minor", "promised_until",
)  # fmt: skip


def _standing(row: RowMapping, *, insolvent: bool) -> Standing:
    done = _DONE.decode(row["done"] or "[]")
    same: dict[str, Any] = {name: row[name] for name in _SAME}
    return Standing(
        **same,
        client_key=_key(row),
        iban=row["iban"] or "",
        bic=row["bic"] or "",
        disputed_minor=min(row["held_minor"] or 0, row["open_minor"]),
        insolvent=insolvent,
        override=merged(_RULES.decode(row["rules"] or "{}")),
        done_steps=frozenset(one.step for one in done),
        last_sent=max((one.on for one in done if one.sent), default=None),
    )
