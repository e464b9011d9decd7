"""The payout statement, filled from the journal: what came in, what each rule took, what went out.

Nothing is reckoned here that the books do not already say: the sheet repeats the entries of the
member's account between her last payout and this one, taken apart by their own postings.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, select

from guild.core.ids import EntryId
from guild.core.money import allocate
from guild.core.work import Work
from guild.documents.schemas import Addressee, Language, Letterhead
from guild.governance.queries import charter_at, published_charter
from guild.governance.rules import Charter
from guild.invoicing.models import Invoice, InvoiceShare, Payment
from guild.invoicing.queries import of_member
from guild.ledger.chart import POTS, Account
from guild.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from guild.members.models import BankAccount, Member, Organisation
from guild.treasury.models import PURPOSES, Payout, PayoutApproval
from guild.treasury.sheets import JournalMove, PaidInvoice, PayoutShare, PayoutSheet, YearRow

OBJECTION_DAYS = 14
QUARTERS = ((1, 3), (4, 6), (7, 9), (10, 12))
RELEASES = ("payment_released", "levy_returned", "invoice_credited")
Kind = Literal[
    "client_paid", "vat_set_aside", "shares_taken", "advance_paid", "benefit_granted",
    "invoice_credited", "correction", "paid_out",
]  # fmt: skip


class _Entry(msgspec.Struct, kw_only=True):
    """A ledger entry that touches the member's account, with its postings by account code."""

    id: EntryId
    kind: str
    text: str
    on: date
    subject: UUID | None
    minor: int
    """What it added to the account; negative for what it took."""
    by_code: dict[str, int]
    """Sums of all its postings, debit positive."""
    invoice: Invoice | None = None
    client: str = ""
    gross: int = 0


async def sheet_of(work: Work, payout: Payout, member: Member, payee: BankAccount) -> PayoutSheet:
    """Everything that `payout_print.html` shows of a settled payout."""
    assert payout.settled_on is not None, "a statement is of money that has arrived"
    charter = await charter_at(work, payout.requested_at)
    voted = await published_charter(work, payout.requested_at)
    before, entries = await _entries(work, payout)
    releases = [entry for entry in entries if entry.kind == "payment_released"]
    masked = f"{payee.iban_country} •••• {payee.iban_last4}"
    approvals = await work.session.scalar(
        select(func.count()).where(PayoutApproval.payout_id == payout.id)
    )
    return PayoutSheet(
        lang=cast("Language", member.language if member.language in _LANGUAGES else "en"),
        number=payout.number,
        currency=payout.currency,
        seller=letterhead(work),
        to=Addressee(name=member.legal_name, address=address_of(member), country=member.country),
        paid_on=payout.settled_on,
        iban_masked=masked,
        paid_minor=payout.amount_minor,
        whole_minor=sum(_net(entry) for entry in releases),
        vat_minor=sum(entry.gross - _net(entry) for entry in releases),
        charter_version=charter.version,
        approvals=approvals or 0,
        invoices=tuple(
            PaidInvoice(
                number=entry.invoice.number or "",
                client=entry.client,
                client_paid_on=entry.on if entry.kind == "payment_released" else None,
                advanced=entry.kind == "advance_paid",
                net_minor=_net(entry) if entry.kind == "payment_released" else entry.minor,
            )
            for entry in entries
            if entry.invoice is not None and entry.kind in {"payment_released", "advance_paid"}
        ),
        shares=_shares(work, charter, voted.valid_from, releases),
        moves=tuple(_moves(payout, entries, before, masked)),
        year=await _year(work, payout),
        object_until=payout.settled_on + timedelta(days=OBJECTION_DAYS),
    )


_LANGUAGES = ("en", "fr", "nl", "de")


def letterhead(work: Work) -> Letterhead:
    """Who sends the sheet."""
    coop = work.settings.coop
    return Letterhead(
        name=coop.name,
        address=(coop.street, f"{coop.postcode} {coop.city}"),
        country=coop.country,
        vat_number=coop.vat_number,
        register="",
        email=coop.email,
    )


def address_of(member: Member) -> tuple[str, ...]:
    """Where it goes, as far as she told us."""
    town = " ".join(filter(None, (member.postcode, member.city)))
    return tuple(filter(None, (member.street, town)))


# -- the journal ----------------------------------------------------------------------------------


async def _entries(work: Work, payout: Payout) -> tuple[int, list[_Entry]]:
    """What the account held after the payout before this one, and the entries since, up to it."""
    account_id = Account(PURPOSES[payout.purpose], payout.member_id).id(payout.currency)
    former = await work.session.scalar(
        select(Payout.ledger_entry_id)
        .where(
            Payout.member_id == payout.member_id,
            Payout.purpose == payout.purpose,
            Payout.currency == payout.currency,
            Payout.state == "settled",
            Payout.ledger_entry_id < payout.ledger_entry_id,
        )
        .order_by(Payout.ledger_entry_id.desc())
        .limit(1)
    )
    since = former or UUID(int=0)
    before = await work.session.scalar(
        select(func.coalesce(func.sum(-LedgerPosting.amount_minor), 0)).where(
            LedgerPosting.account_id == account_id, LedgerPosting.entry_id <= since
        )
    )
    rows = await work.session.execute(
        select(LedgerEntry, func.sum(-LedgerPosting.amount_minor))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .where(
            LedgerPosting.account_id == account_id,
            LedgerEntry.id > since,
            LedgerEntry.id <= payout.ledger_entry_id,
        )
        .group_by(LedgerEntry.id)
        .order_by(LedgerEntry.id)
    )
    entries = [
        _Entry(
            id=entry.id, kind=entry.kind, text=entry.text, on=entry.occurred_on,
            subject=entry.subject_id, minor=int(minor), by_code=defaultdict(int),
        )
        for entry, minor in rows
    ]  # fmt: skip
    await _fill_postings(work, entries)
    await _fill_invoices(work, entries)
    return int(before or 0), entries


async def _fill_postings(work: Work, entries: Sequence[_Entry]) -> None:
    by_id = {entry.id: entry for entry in entries}
    rows = await work.session.execute(
        select(LedgerPosting.entry_id, LedgerAccount.code, LedgerPosting.amount_minor)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerPosting.entry_id.in_(by_id))
    )
    for entry_id, code, minor in rows:
        by_id[entry_id].by_code[code] += minor


async def _fill_invoices(work: Work, entries: Sequence[_Entry]) -> None:
    """Which invoice and client an entry is about, and what the client paid with the VAT in it."""
    subjects = {entry.subject for entry in entries if entry.subject}
    rows = await work.session.execute(
        select(Invoice, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(Invoice.id.in_(subjects))
    )
    invoices = {invoice.id: (invoice, name) for invoice, name in rows}
    paid: dict[tuple[UUID, int], list[int]] = defaultdict(list)
    for payment in await work.session.scalars(
        select(Payment).where(Payment.invoice_id.in_(invoices)).order_by(Payment.id)
    ):
        paid[payment.invoice_id, payment.net_minor].append(payment.amount_minor)
    for entry in entries:
        known = invoices.get(cast("Any", entry.subject))
        if known is None:
            continue
        entry.invoice, entry.client = known
        amounts = paid.get((entry.invoice.id, _net(entry)))
        entry.gross = amounts.pop(0) if amounts else _net(entry)


def _net(entry: _Entry) -> int:
    """The member's net in a released payment: what it took from what was pending."""
    return entry.by_code.get("member_pending", 0)


def _levy(entry: _Entry) -> int:
    return -sum(entry.by_code.get(pot, 0) for pot in POTS)


# -- parts of the sheet ---------------------------------------------------------------------------


def _shares(
    work: Work, charter: Charter, valid_from: date, releases: Sequence[_Entry]
) -> tuple[PayoutShare, ...]:
    """The net sum of the released payments, divided as their entries divided it."""
    whole = sum(_net(entry) for entry in releases)
    if not whole:
        return ()
    taken = {pot: -sum(entry.by_code.get(pot, 0) for entry in releases) for pot in POTS}
    parts = [("member", 10_000 - charter.levy.rate_bps, whole - sum(taken.values()))]
    order = ("fund_operations", "fund_guarantee", "fund_sickness", "fund_solidarity")
    # Rates are split like the money, in the charter's order as on invoices, so that they too add
    # up to the levy's own rate and agree with what the client was told.
    pots = charter.levy.pots
    rates = dict(zip(pots, allocate(charter.levy.rate_bps, list(pots.values())), strict=True))
    parts += [(pot, rates.get(pot, 0), taken[pot]) for pot in order]
    return tuple(
        PayoutShare(
            code=cast("Any", code),
            rate_bps=bps,
            minor=minor,
            article="levy",
            # The first version is the founding's; nobody voted a change yet.
            decided_on=valid_from if charter.version > 1 else None,
            rule_url=f"{work.settings.base_url}/charter?at={valid_from.isoformat()}#c-levy",
        )
        for code, bps, minor in parts
    )


def _moves(
    payout: Payout, entries: Sequence[_Entry], before: int, masked: str
) -> list[JournalMove]:
    """Each entry as the lines that a member understands, with what is left after each."""
    moves: list[JournalMove] = []
    left = before

    def add(entry: _Entry, kind: Kind, subject: str, minor: int) -> None:
        nonlocal left
        if not minor:
            return
        left += minor
        moves.append(
            JournalMove(
                on=entry.on,
                kind=kind,
                subject=subject,
                entry=f"J-{entry.id.hex[-8:]}",
                in_minor=minor if minor > 0 else None,
                out_minor=-minor if minor < 0 else None,
                left_minor=left,
            )
        )

    for entry in entries:
        number = (entry.invoice.number or "") if entry.invoice else ""
        if entry.kind == "payment_released":
            add(entry, "client_paid", entry.client, entry.gross)
            add(entry, "vat_set_aside", "", _net(entry) - entry.gross)
            add(entry, "shares_taken", "", -_levy(entry))
            add(entry, "correction", number, entry.minor - _net(entry) + _levy(entry))
        elif entry.id == payout.ledger_entry_id:
            add(entry, "paid_out", masked, entry.minor)
        else:
            kind, subject = _named(entry, number)
            add(entry, kind, subject, entry.minor)
    return moves


def _named(entry: _Entry, number: str) -> tuple[Kind, str]:
    """Kind and subject of an entry that is one line."""
    if entry.kind == "advance_paid":
        return "advance_paid", number
    if entry.kind == "payout_approved":
        return "paid_out", entry.text
    if entry.kind in {"benefit_granted", "claim_granted"}:
        return "benefit_granted", ""
    if entry.kind in RELEASES:
        return "invoice_credited", number
    return "correction", entry.text


async def _year(work: Work, payout: Payout) -> tuple[YearRow, ...]:
    """The quarters of the year so far and their sum: invoiced, shared out, paid."""
    assert payout.settled_on is not None
    year, last = payout.settled_on.year, payout.settled_on
    invoiced = await _by_day(
        work,
        select(
            Invoice.issued_on,
            func.sum(func.coalesce(InvoiceShare.net_minor, Invoice.net_minor)),
        )
        .outerjoin(
            InvoiceShare,
            and_(InvoiceShare.invoice_id == Invoice.id, InvoiceShare.member_id == payout.member_id),
        )
        .where(
            of_member(payout.member_id),
            Invoice.kind == "invoice",
            Invoice.state != "draft",
            Invoice.currency == payout.currency,
        )
        .group_by(Invoice.issued_on),
    )
    pending = Account("member_pending", payout.member_id).id(payout.currency)
    mine = select(LedgerPosting.entry_id).where(LedgerPosting.account_id == pending)
    pots = [Account(pot).id(payout.currency) for pot in POTS]
    shared = await _by_day(
        work,
        select(LedgerPosting.occurred_on, func.sum(-LedgerPosting.amount_minor))
        .where(LedgerPosting.entry_id.in_(mine), LedgerPosting.account_id.in_(pots))
        .group_by(LedgerPosting.occurred_on),
    )
    paid = await _by_day(
        work,
        select(Payout.settled_on, func.sum(Payout.amount_minor))
        .where(
            Payout.member_id == payout.member_id,
            Payout.state == "settled",
            Payout.currency == payout.currency,
        )
        .group_by(Payout.settled_on),
    )

    def row(first: date, until: date) -> YearRow:
        sums = [
            sum(minor for day, minor in days.items() if first <= day <= until)
            for days in (invoiced, shared, paid)
        ]
        return YearRow(
            first=first, last=until, invoiced_minor=sums[0], shares_minor=sums[1],
            paid_minor=sums[2],
        )  # fmt: skip

    starts = [date(year, month, 1) for month, _ in QUARTERS if date(year, month, 1) <= last]
    ends = [start - timedelta(days=1) for start in starts[1:]] + [last]
    return (
        *(row(first, until) for first, until in zip(starts, ends, strict=True)),
        row(date(year, 1, 1), last),
    )


async def _by_day(work: Work, query: Any) -> dict[date, int]:
    rows = await work.session.execute(query)
    return {day: int(minor) for day, minor in rows if day is not None}
