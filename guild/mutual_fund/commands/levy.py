"""Money through the fund: registering invoices, releasing payments, credit notes.

`release_payment` is on the path of every payment: one read of the invoice's rows, then appends.
"""

import msgspec
from sqlalchemy import update

from guild.core.appends import Appender
from guild.core.errors import Invalid
from guild.core.ids import EntryId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing.events import (
    InvoiceCredited,
    InvoiceIssued,
    MemberPart,
    PaymentRecorded,
    PaymentReversed,
)
from guild.ledger import commands as ledger
from guild.ledger.chart import POTS, Account, Line, credit, debit
from guild.mutual_fund import queries
from guild.mutual_fund.commands.levied import Levied, locked, terms_of
from guild.mutual_fund.events import LevyPosted
from guild.mutual_fund.models import LeviedInvoice
from guild.mutual_fund.rules import guarantee, levy

# Whether the order is guaranteed, and when its work was done, is read in the statement that writes
# the row: `advance_on` comes as the days of `guarantee.pays_by_age`, of which the statement takes
# the one for the age of the work in days.
REGISTER = Appender(
    "levied_invoice",
    {
        "invoice_id": "uuid",
        "contract_id": "uuid",
        "member_id": "uuid",
        "client_id": "uuid",
        "number": "text",
        "currency": "text",
        "net_minor": "bigint",
        "issued_on": "date",
        "charter_version": "bigint",
        "rate_bps": "bigint",
        "pots": "jsonb",
        "advance_on": "text",
    },
    statement=(
        "INSERT INTO levied_invoice (invoice_id, contract_id, member_id, client_id, number, "
        "currency, net_minor, issued_on, charter_version, rate_bps, pots, advance_on, guaranteed) "
        "SELECT r.invoice_id, r.contract_id, r.member_id, r.client_id, r.number, r.currency, "
        "r.net_minor, r.issued_on, r.charter_version, r.rate_bps, r.pots::jsonb, "
        "a.days[1 + least(coalesce(r.issued_on - w.done_on, 0), cardinality(a.days) - 1)], "
        "g.contract_id IS NOT NULL FROM {rows} "
        "CROSS JOIN LATERAL (SELECT r.advance_on::date[] AS days) a "
        "CROSS JOIN LATERAL (SELECT CASE WHEN bool_and(coalesce(m.accepted_at, m.delivered_at) "
        "IS NOT NULL) THEN max(least(coalesce(m.accepted_at, m.delivered_at)::date, r.issued_on)) "
        "END AS done_on FROM invoice_line l JOIN milestone m ON m.id = l.milestone_id "
        "WHERE l.invoice_id = r.invoice_id) w "
        "LEFT JOIN guarantee_reservation g "
        "ON g.contract_id = r.contract_id AND g.state = 'reserved' AND g.currency = r.currency"
    ),
)

# Rows of one invoice and member are added up first: an UPDATE may meet each target row only once.
MOVE = Appender(
    "levied_invoice",
    {
        "invoice_id": "uuid",
        "member_id": "uuid",
        "released_net_minor": "bigint",
        "credited_net_minor": "bigint",
        "repaid_minor": "bigint",
        "written_off_minor": "bigint",
        "settled": "boolean",
    },
    statement=(
        "UPDATE levied_invoice i SET released_net_minor = i.released_net_minor + s.released, "
        "credited_net_minor = i.credited_net_minor + s.credited, "
        "repaid_minor = i.repaid_minor + s.repaid, "
        "written_off_minor = i.written_off_minor + s.written_off, "
        "settled = i.settled OR s.settled "
        "FROM (SELECT r.invoice_id, r.member_id, sum(r.released_net_minor)::bigint AS released, "
        "sum(r.credited_net_minor)::bigint AS credited, sum(r.repaid_minor)::bigint AS repaid, "
        "sum(r.written_off_minor)::bigint AS written_off, "
        "bool_or(r.settled) AS settled FROM {rows} GROUP BY 1, 2) s "
        "WHERE i.invoice_id = s.invoice_id AND i.member_id = s.member_id"
    ),
)


async def register_invoice(work: Work, fact: InvoiceIssued) -> None:
    """Note an issued invoice with the terms of its day: levy, pots, and when an advance is due.

    The guarantee's working days run from the last of its milestones to be accepted (or delivered,
    where acceptance is not needed); without milestones, or before the work is done, from its date.
    """
    charter = await charter_at(work)
    country = work.settings.coop.country
    days = guarantee.pays_by_age(work.today, queries.limits_of(charter), country)
    for part in fact.parts or (MemberPart(fact.member_id, fact.net_minor),):
        work.append(
            REGISTER,
            invoice_id=fact.invoice_id,
            contract_id=fact.contract_id,
            member_id=part.member_id,
            client_id=fact.client_id,
            number=fact.number,
            currency=fact.currency,
            net_minor=part.net_minor,
            issued_on=work.today,
            charter_version=charter.version,
            rate_bps=charter.levy.rate_bps,
            pots=msgspec.json.encode(charter.levy.pots).decode(),
            advance_on=f"{{{','.join(map(str, days))}}}",
        )


def _lines(row: Levied, release: levy.Release) -> list[Line]:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    pots = [credit(pot, money(minor)) for pot, minor in release.pots.items()]
    return [
        debit("member_pending", money(release.net), row.member_id),
        *pots,
        credit("guarantee_advance", money(release.repaid), row.invoice_id),
        credit("member_available", money(release.available), row.member_id),
    ]


async def release_payment(work: Work, fact: PaymentRecorded) -> None:
    """Split a payment's net part: the levy to the pots, then the advance back, then the member.

    Runs in the transaction that records the payment. Each member who shares the invoice has an
    entry of her own, so that her statement is made of her entries alone.
    """
    if not fact.net_minor:
        return
    rows = {row.member_id: row for row in await locked(work, fact.invoice_id)}
    for part in fact.parts or (MemberPart(fact.member_id, fact.net_minor),):
        if part.net_minor:
            await _release(work, rows[part.member_id], part.net_minor, settled=fact.settled)


async def _release(work: Work, row: Levied, net_minor: int, *, settled: bool) -> None:
    before = row.released_net_minor
    out = row.advanced_minor - row.repaid_minor
    release = levy.released(before, before + net_minor, terms_of(row), out)
    entry_id = await ledger.post(
        work,
        kind="payment_released",
        text=f"Invoice {row.number}: levy and release",
        lines=_lines(row, release),
        subject=row.invoice_id,
    )
    recovered = await _recover(work, row, release.available)
    _move(work, row, release, written_off=-recovered, settled=settled)
    await _tell(work, row, release, entry_id, recovered)


def _move(
    work: Work,
    row: Levied,
    release: levy.Release,
    *,
    settled: bool,
    credited: int = 0,
    written_off: int = 0,
) -> None:
    work.append(
        MOVE,
        invoice_id=row.invoice_id,
        member_id=row.member_id,
        released_net_minor=release.net,
        credited_net_minor=credited,
        repaid_minor=release.repaid,
        written_off_minor=written_off,
        settled=settled,
    )


async def _tell(
    work: Work, row: Levied, release: levy.Release, entry_id: EntryId, recovered: int = 0
) -> None:
    await work.emit(
        LevyPosted(
            invoice_id=row.invoice_id,
            member_id=row.member_id,
            entry_id=entry_id,
            net_minor=release.net,
            levy_minor=release.levy,
            repaid_minor=release.repaid + recovered,
            available_minor=release.available - recovered,
            currency=row.currency,
        )
    )


async def _recover(work: Work, row: Levied, available: int) -> int:
    """What a client pays after the fund gave up its advance is the fund's, up to the loss."""
    recovered: int = max(0, min(available, row.written_off_minor))
    if recovered:
        amount = Money(recovered, row.currency)
        await ledger.post(
            work,
            kind="advance_recovered",
            text=f"Invoice {row.number}: lost advance recovered",
            lines=[
                debit("member_available", amount, row.member_id),
                credit("fund_guarantee", amount),
            ],
            subject=row.invoice_id,
        )
    return recovered


async def return_levy(work: Work, fact: InvoiceCredited) -> None:
    """Undo, for a credit note, what was released: pots and members give back in proportion.

    The credit note debits the members' pending money with all of its net amount; what had left
    it comes back here.
    """
    rows = {row.member_id: row for row in await locked(work, fact.invoice_id)}
    whole = MemberPart(fact.member_id, fact.net_minor, fact.released_net_minor)
    for part in fact.parts or (whole,):
        await _return(work, rows[part.member_id], part, settled=fact.settled)


async def _return(work: Work, row: Levied, part: MemberPart, *, settled: bool) -> None:
    """One member's part of a credit note.

    An advance larger than what the client still owes is taken back too: the member lowered the
    price herself, so the fund does not bear it.
    """
    terms = terms_of(row)
    before = row.released_net_minor
    after = before - part.released_minor
    release = levy.released(before, after, terms, 0)
    left = row.net_minor - row.credited_net_minor - part.net_minor
    out = row.advanced_minor - row.repaid_minor
    excess = max(0, out - levy.advance_of(left, after, terms))
    taken = levy.Release(release.net, release.pots, excess, release.available - excess)
    _move(work, row, taken, credited=part.net_minor, settled=settled or left <= after)
    if not (release.net or excess):
        return
    entry_id = await ledger.post(
        work,
        kind="levy_returned",
        text=f"Invoice {row.number}: levy and release returned",
        lines=_lines(row, taken),
        subject=row.invoice_id,
    )
    await _tell(work, row, taken, entry_id)


async def take_back_payment(work: Work, fact: PaymentReversed) -> None:
    """Undo what a payment had released: pots and members give back, the advance is out again."""
    if not fact.net_minor:
        return
    rows = {row.member_id: row for row in await locked(work, fact.invoice_id)}
    for part in fact.parts or (MemberPart(fact.member_id, fact.net_minor),):
        if part.net_minor:
            await _take_back(work, rows[part.member_id], part.net_minor)
    await work.write()
    await work.session.execute(
        update(LeviedInvoice)
        .where(LeviedInvoice.invoice_id == fact.invoice_id)
        .values(settled=False, top_up=LeviedInvoice.advanced_minor > 0)
    )


async def _take_back(work: Work, row: Levied, net_minor: int) -> None:
    """One member's part of a payment that was taken back.

    What the payment had repaid of an advance is advanced again first, so that a chargeback after
    the guarantee has paid is the fund's risk, as it was before; the rest comes from the member,
    even below zero.
    """
    before = row.released_net_minor
    release = levy.released(before, before - net_minor, terms_of(row), 0)
    again = max(0, min(row.repaid_minor - row.written_off_minor, -release.available))
    taken = levy.Release(release.net, release.pots, -again, release.available + again)
    entry_id = await ledger.post(
        work,
        kind="levy_returned",
        text=f"Invoice {row.number}: payment taken back",
        lines=_lines(row, taken),
        subject=row.invoice_id,
    )
    _move(work, row, taken, settled=False)
    await _tell(work, row, taken, entry_id)


async def endow_pot(work: Work, pot: str, amount: Money, text: str) -> EntryId:
    """Put a part of what the cooperative had when these books began into a pot.

    Only what stands on the opening balance can be given: no pot is filled from nothing. Raises
    BelowZero, and Invalid for a pot that does not exist.
    """
    if pot not in POTS:
        raise Invalid(f"The pots are {', '.join(POTS)}.", field="pot")
    await ledger.draw(work, Account("opening"), amount)
    return await ledger.post(
        work, kind="pot_endowed", text=text, lines=[debit("opening", amount), credit(pot, amount)]
    )
