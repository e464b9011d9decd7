"""What was sent to a client's person, over all that she is known as: to pay, and settled.

The caller has asked `members.queries.known_as` who she is; these reads take only what it answered.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import Select, select, tuple_

from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice
from guild.invoicing.queries.page import status_of
from guild.members.models import Member
from guild.members.queries import KnownAs

OPEN: Final = ("issued", "partly_paid")
OPEN_MAX: Final = 200
PAGE: Final = 20


class SentInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An issued document in the list of whom it was sent to; amounts are with VAT."""

    id: InvoiceId
    kind: str
    number: str
    title: str
    member_name: str
    issued_on: date
    due_on: date
    status: str
    """In the reader's language, with its sign in `mark`."""
    mark: str
    open: Money
    total: Money


async def invoices_to_pay(work: Work, known: Sequence[KnownAs], lang: str) -> list[SentInvoice]:
    """What is open, the soonest due first."""
    rows = await work.session.execute(
        _sent_to(known)
        .where(Invoice.kind == "invoice", Invoice.state.in_(OPEN))
        .order_by(Invoice.due_on, Invoice.id)
        .limit(OPEN_MAX)
    )
    return [_shown(work, row, name, lang) for row, name in rows]


async def invoices_settled(
    work: Work, known: Sequence[KnownAs], lang: str, cursor: str | None = None
) -> Page[SentInvoice]:
    """What is paid, credited or given up, and credit notes, the latest first."""
    asked = (
        _sent_to(known)
        .where(Invoice.kind.in_(("invoice", "credit_note")))
        .where(~((Invoice.kind == "invoice") & Invoice.state.in_(OPEN)))
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(PAGE + 1)
    )
    if cursor:
        after = decode_cursor(cursor, tuple[date, InvoiceId])
        asked = asked.where(tuple_(Invoice.issued_on, Invoice.id) < after)
    rows = [_shown(work, row, name, lang) for row, name in await work.session.execute(asked)]
    kept = rows[:PAGE]
    more = len(rows) > PAGE
    return Page(
        items=kept, next_cursor=encode_cursor(kept[-1].issued_on, kept[-1].id) if more else None
    )


async def sent_to(work: Work, known: Sequence[KnownAs], invoice_id: InvoiceId) -> Invoice:
    """The issued document if it was sent to her; raises InvoiceNotFound."""
    found = (
        await work.session.execute(_sent_to(known).where(Invoice.id == invoice_id))
    ).one_or_none()
    if found is None:
        raise InvoiceNotFound
    return found[0]


def _sent_to(known: Sequence[KnownAs]) -> Select[Invoice, str]:
    return (
        select(Invoice, Member.display_name)
        .join(Member, Member.id == Invoice.member_id)
        .where(
            Invoice.client_id.in_([one.client_id for one in known]),
            Invoice.contact_id.in_([one.contact_id for one in known]),
            Invoice.state != "draft",
        )
    )


def _shown(work: Work, row: Invoice, member_name: str, lang: str) -> SentInvoice:
    status, mark = status_of(row, work.today, lang)
    assert row.number is not None
    assert row.issued_on is not None
    assert row.due_on is not None
    return SentInvoice(
        id=row.id, kind=row.kind, number=row.number, title=row.title, member_name=member_name,
        issued_on=row.issued_on, due_on=row.due_on, status=status, mark=mark,
        open=Money(row.open_minor, row.currency),
        total=Money(row.total_minor + row.rounding_minor, row.currency),
    )  # fmt: skip
