"""Where did my 1,000 euro go: each invoice of a member taken apart by its own ledger entries.

Nothing is reckoned that the books do not say. Of each invoice: what the client paid, the VAT in
it, what each pot took, what repaid the fund's advance, what became the member's, and which payouts
carried that away; the oldest money leaves first. The sums are exact, or the books are wrong.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from guild.core.ids import EntryId, InvoiceId, MemberId, PayoutId
from guild.core.money import Money, allocate
from guild.core.work import Work
from guild.governance.queries import published_charter
from guild.governance.rules import LevyTerms, read_charter
from guild.invoicing.models import Invoice, InvoiceShare
from guild.ledger.chart import CHART, POTS, Account
from guild.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from guild.members.models import Member, Organisation
from guild.receivables.models import InterestClaim
from guild.treasury.events import SelfBilledLine, SelfBillingDue
from guild.treasury.models import Employment, Payout
from guild.treasury.rules.whereabouts import Piece, consume
from guild.treasury.schemas import PaidPieceOut, RuleOut, ShareOut, WhereaboutsOut

RELEASES = ("payment_released", "levy_returned", "advance_recovered")
"""Entries that take a payment apart, and those that put it together again for a credit note."""
_NAMES = {
    **{pot: CHART[pot].title for pot in POTS},
    "guarantee_advance": "Advance of the fund, repaid",
    "rounding": "Rounding",
}


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger entry that touches the member's available money, with its postings by code."""

    id: EntryId
    kind: str
    on: date
    subject: UUID | None
    minor: int
    """What it added for the member; negative for what left."""
    by_code: dict[str, int]
    """Sums of its postings, debit positive."""


class _Rules:
    """The charters that the invoices were issued under, each read once."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._known: dict[date, tuple[RuleOut, LevyTerms]] = {}

    async def of(self, day: date) -> tuple[RuleOut, LevyTerms]:
        """The version in force on that day, its levy, and where to read it."""
        if day not in self._known:
            shown = await published_charter(self.work, day)
            body = msgspec.to_builtins(shown.chapters)
            rule = RuleOut(
                charter_version=shown.version,
                chapter="levy",
                decided_on=shown.valid_from,
                url=f"{self.work.settings.base_url}/charter?at={day.isoformat()}#c-levy",
            )
            self._known[day] = rule, read_charter(shown.version, body).levy
        return self._known[day]


async def moves_of(work: Work, member_id: MemberId, currency: str) -> list[Move]:
    """Every entry on a member's available money in one currency, in the order of the books."""
    account_id = Account("member_available", member_id).id(currency)
    touched = select(LedgerPosting.entry_id).where(LedgerPosting.account_id == account_id)
    rows = await work.session.execute(
        select(LedgerEntry, LedgerPosting.account_id, LedgerAccount.code,
               LedgerPosting.amount_minor)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.id.in_(touched))
        .order_by(LedgerEntry.id, LedgerPosting.position)
    )  # fmt: skip
    entries: dict[EntryId, LedgerEntry] = {}
    own: dict[EntryId, int] = defaultdict(int)
    by_code: dict[EntryId, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry, posted_to, code, minor in rows:
        entries[entry.id] = entry
        by_code[entry.id][code] += minor
        if posted_to == account_id:
            own[entry.id] -= minor
    return [
        Move(
            id=entry_id,
            kind=entry.kind,
            on=entry.occurred_on,
            subject=entry.subject_id,
            minor=own[entry_id],
            by_code=dict(by_code[entry_id]),
        )
        for entry_id, entry in entries.items()
    ]


async def whereabouts(
    work: Work, member_id: MemberId, currency: str, *, invoice_id: InvoiceId | None = None
) -> list[WhereaboutsOut]:
    """Each invoice of which something reached the member, the latest first."""
    moves = await moves_of(work, member_id, currency)
    late = await _interest_of(work, moves)
    moves = [
        msgspec.structs.replace(one, subject=late.get(one.subject or one.id, one.subject))
        for one in moves
    ]
    pieces = consume([Piece(id=one.id, subject=one.subject, minor=one.minor) for one in moves])
    wanted = {one.subject for one in moves if one.subject}
    if invoice_id is not None:
        wanted &= {invoice_id}
    rows = await work.session.execute(
        select(Invoice, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(Invoice.id.in_(wanted), Invoice.currency == currency)
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .execution_options(populate_existing=True)
    )  # fmt: skip
    invoices = [*rows]
    named = await _payout_numbers(work, member_id)
    by_subject: dict[UUID, list[Move]] = defaultdict(list)
    for one in moves:
        if one.subject:
            by_subject[one.subject].append(one)
    days: dict[UUID, date] = {one.id: one.on for one in moves}
    rules = _Rules(work)
    others = await _co_workers(work, [one.id for one, _ in invoices if one.shared], member_id)
    shown = []
    for invoice, client in invoices:
        paid = [
            PaidPieceOut(
                payout_id=named[take.by][0] if take.by in named else None,
                number=named[take.by][1] if take.by in named else "",
                on=days[take.by],
                amount=Money(take.minor, currency).text,
            )
            for take in pieces
            if take.subject == invoice.id
        ]
        shown.append(
            await _one(
                rules, invoice, client, by_subject[invoice.id], paid, others.get(invoice.id, 0)
            )
        )
    return shown


async def _one(
    rules: _Rules,
    invoice: Invoice,
    client: str,
    moves: Sequence[Move],
    paid: list[PaidPieceOut],
    others: int,
) -> WhereaboutsOut:
    assert invoice.issued_on is not None, "what was paid was issued"
    rule, levy = await rules.of(invoice.issued_on)
    currency = invoice.currency
    gross = invoice.paid_minor - invoice.refundable_minor
    taken: dict[str, int] = defaultdict(int)
    net = 0
    advance = 0
    interest = 0
    other = 0
    for one in moves:
        if one.kind in RELEASES:
            net += one.by_code.get("member_pending", 0)
            for code, minor in one.by_code.items():
                if code not in {"member_pending", "member_available"}:
                    taken[code] -= minor
        elif one.kind == "advance_paid":
            advance += one.minor
        elif one.kind.startswith("interest"):
            interest += one.minor
        else:
            other += one.minor
    rates = dict(zip(levy.pots, allocate(levy.rate_bps, list(levy.pots.values())), strict=True))
    shares = [
        ShareOut(
            code=code,
            name=_NAMES.get(code, CHART[code].title),
            rate_bps=rates.get(code),
            amount=Money(taken[code], currency).text,
            rule=rule if code in POTS else None,
        )
        for code in sorted(taken, key=lambda code: (code not in POTS, code))
        if taken[code]
    ]
    yours = net - sum(taken.values()) + advance + interest + other
    # The three ways to the member's money agree, or an entry is not what its kind says.
    assert yours == sum(one.minor for one in moves), "the books take each payment apart exactly"
    left = yours - sum(Money.parse(one.amount, currency).minor for one in paid)
    return WhereaboutsOut(
        invoice_id=invoice.id,
        number=invoice.number or "",
        client=client,
        issued_on=invoice.issued_on,
        currency=currency,
        received=Money(gross, currency).text,
        vat=Money(gross - net - others, currency).text,
        co_workers=Money(others, currency).text,
        net=Money(net, currency).text,
        shares=shares,
        advance=Money(advance, currency).text,
        interest=Money(interest, currency).text,
        corrections=Money(other, currency).text,
        yours=Money(yours, currency).text,
        paid_out=paid,
        left=Money(left, currency).text,
        rule=rule,
    )


async def _co_workers(
    work: Work, ids: Sequence[InvoiceId], member_id: MemberId
) -> dict[InvoiceId, int]:
    """What of the net that clients paid on shared invoices was the other members'."""
    if not ids:
        return {}
    rows = await work.session.execute(
        select(InvoiceShare.invoice_id, func.sum(InvoiceShare.released_net_minor))
        .where(InvoiceShare.invoice_id.in_(ids), InvoiceShare.member_id != member_id)
        .group_by(InvoiceShare.invoice_id)
    )
    return {invoice_id: int(minor) for invoice_id, minor in rows}


async def _interest_of(work: Work, moves: Sequence[Move]) -> dict[UUID, InvoiceId]:
    """Claims of late interest → the invoice that was late: their money is shown with it."""
    claims = [one.subject for one in moves if one.kind.startswith("interest") and one.subject]
    rows = await work.session.execute(
        select(InterestClaim.id, InterestClaim.invoice_id).where(InterestClaim.id.in_(claims))
    )
    return {claim_id: invoice_id for claim_id, invoice_id in rows}  # noqa: C416 — rows are no pairs


async def _payout_numbers(work: Work, member_id: MemberId) -> dict[UUID, tuple[UUID, str]]:
    rows = await work.session.scalars(
        select(Payout).where(Payout.member_id == member_id, Payout.ledger_entry_id.is_not(None))
    )
    return {one.ledger_entry_id: (one.id, one.number) for one in rows if one.ledger_entry_id}


async def self_billed(
    work: Work, payout_id: PayoutId, member_id: MemberId
) -> SelfBillingDue | None:
    """The invoices whose money a payout carried away, as lines that sum to what is billed.

    None for a member who is employed, or who has no number of her own to bill under; and for a
    payout that carried money of no invoice. Money of no invoice is not billed.
    """
    payout = await work.session.get_one(Payout, payout_id)
    member = await work.session.get_one(Member, member_id)
    employed = await work.session.scalar(
        select(Employment.id).where(
            Employment.member_id == member_id,
            Employment.since <= work.today,
            func.coalesce(Employment.until, date.max) >= work.today,
        )
    )
    if employed is not None or not (member.vat_number or member.enterprise_number):
        return None
    moves = await moves_of(work, member_id, payout.currency)
    pieces = consume([Piece(id=one.id, subject=one.subject, minor=one.minor) for one in moves])
    taken: dict[UUID, int] = defaultdict(int)
    for take in pieces:
        if take.by == payout.ledger_entry_id and take.subject is not None:
            taken[take.subject] += take.minor
    rows = await work.session.execute(
        select(Invoice.id, Invoice.number).where(Invoice.id.in_(taken)).order_by(Invoice.id)
    )
    lines = [
        SelfBilledLine(invoice_id=invoice_id, number=number or "", net_minor=taken[invoice_id])
        for invoice_id, number in rows
    ]
    if not lines:
        return None
    return SelfBillingDue(
        payout_id=payout_id,
        member_id=member_id,
        amount_minor=sum(line.net_minor for line in lines),
        currency=payout.currency,
        lines=tuple(lines),
    )
