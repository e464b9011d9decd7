"""Claiming statutory interest, giving it up, and sharing it out when it is paid.

Late interest and the fixed compensation are damages, outside the scope of VAT (CJEU C-222/81, BAZ
Bausystem), so the claim is a note of its own and no invoice.
"""

from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InterestClaimId, InvoiceId, new_id
from guild.core.money import Money, allocate
from guild.core.pages import money_text
from guild.core.work import Work
from guild.documents.commands import store
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import PrintOrder
from guild.governance.queries import charter_at
from guild.invoicing.commands.writing_off import locked_invoice
from guild.invoicing.queries import member_parts
from guild.invoicing.rules.references import print_reference, rf_reference
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, Line, credit, debit
from guild.ledger.models import LedgerEntry
from guild.members.models import Organisation
from guild.receivables import access
from guild.receivables.commands.letters import lang_of, mail_client, shares_text, words_of
from guild.receivables.errors import InterestClaimNotFound, NotLateEnough
from guild.receivables.events import InterestClaimed, InterestPaid, InterestReopened, InterestWaived
from guild.receivables.models import INTEREST_CLAIM, InterestClaim
from guild.receivables.queries.interest import interest_now, why_not_claimable
from guild.receivables.queries.sheets import interest_sheet
from guild.receivables.queries.standing import standing, visible_standing
from guild.receivables.rules.interest import law_of

PDF: Final = "application/pdf"


async def claim_interest(work: Work, invoice_id: InvoiceId) -> InterestClaimId:
    """Claim what has come up since the last claim, up to today or to the day of payment.

    Each day of an invoice is claimed once, the fixed compensation once per invoice, whoever asks
    and however often. Raises InvoiceNotFound, NoStatutoryInterest, NotLateEnough.
    """
    seen = await visible_standing(work, invoice_id)
    work.require(access.may_act_for(work.actor, seen.member_id), "The member or the treasurer.")
    await locked_invoice(work, invoice_id)
    one = await standing(work, invoice_id)
    now = await interest_now(work, one)
    if why_not := await why_not_claimable(work, one, now):
        raise NotLateEnough(why_not)
    charter = await charter_at(work)
    claim_id = InterestClaimId(new_id())
    row = InterestClaim(
        id=claim_id,
        invoice_id=invoice_id,
        invoice_number=one.number,
        member_id=one.member_id,
        client_id=one.client_id,
        state=INTEREST_CLAIM.initial,
        period_from=now.first,
        period_to=now.last,
        country=now.country,
        items=[msgspec.to_builtins(segment) for segment in now.reckoned.segments],
        interest_minor=now.interest_minor,
        compensation_minor=now.compensation_minor,
        currency=one.currency,
        reference=rf_reference(f"I{claim_id.int % 10**14:014d}"),
        claimed_on=work.today,
        claimed_at=work.now,
        claimed_by=work.actor.member_id,
        charter_version=charter.version,
    )
    work.session.add(row)
    await work.session.flush()
    total = Money(row.total_minor, row.currency)
    await ledger.post(
        work,
        kind="interest_claimed",
        text=f"Late interest on invoice {one.number}",
        lines=[
            debit("interest_receivable", total, one.client_id),
            credit("interest_income", total),
        ],
        subject=row.id,
    )
    await work.emit(
        InterestClaimed(
            claim_id=row.id, invoice_id=invoice_id, client_id=one.client_id,
            total_minor=row.total_minor, currency=row.currency,
        )
    )  # fmt: skip
    await _tell(work, row, charter.receivables.interest_split)
    work.later(work.system.jobs["receivables.print_interest"], claim_id=row.id)
    return row.id


async def _tell(work: Work, row: InterestClaim, split: dict[str, int]) -> None:
    one = await standing(work, row.invoice_id)
    lang = lang_of(one)
    words = words_of(lang)["claim"]
    said = words["split"].format(shares=shares_text(lang, split))
    text = words["text"].replace("{split}", said)
    await mail_client(
        work, one, words["subject"], [text],
        total=money_text(row.total_minor, row.currency, lang),
        reference=print_reference(row.reference),
    )  # fmt: skip


async def print_interest(work: Work, claim_id: InterestClaimId) -> None:
    """Make the note as a PDF and keep it; a second run finds it made."""
    row = await work.session.scalar(
        select(InterestClaim).where(InterestClaim.id == claim_id).with_for_update()
    )
    if row is None:
        raise InterestClaimNotFound
    if row.document_id is not None:
        return
    one = await standing(work, row.invoice_id)
    client = await work.session.get_one(Organisation, row.client_id)
    split = (await charter_at(work, row.claimed_at)).receivables.interest_split
    lang = lang_of(one)
    sheet = interest_sheet(
        work, one, row, client, lang, law_of(row.country).law, shares_text(lang, split)
    )
    pool = work.system.resource("documents.pool", DocumentPool)
    pdf = await pool.render(
        PrintOrder(
            html=render_html("receivables/interest_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=row.claimed_at,
            attachments=(),
            facturx_profile="",
        )
    )
    name = f"interest-{row.invoice_number}-{row.period_to.isoformat()}.pdf"
    row.document_id = await store(work, pdf, PDF, name, row.id)
    await work.session.flush()


async def waive_interest(work: Work, claim_id: InterestClaimId, reason: str) -> InterestClaim:
    """Give up a claim, as the member whose invoice it was or the treasurer. Raises IllegalMove."""
    row = await _locked(work, claim_id)
    work.require(access.may_act_for(work.actor, row.member_id), "The member or the treasurer.")
    INTEREST_CLAIM.move(row, "waive")
    row.ended_on, row.waived_by, row.waive_reason = work.today, work.actor.member_id, reason
    total = Money(row.total_minor, row.currency)
    await ledger.post(
        work,
        kind="interest_waived",
        text=f"Late interest on invoice {row.invoice_number} given up: {reason}"[:500],
        lines=[
            debit("interest_income", total),
            credit("interest_receivable", total, row.client_id),
        ],
        subject=row.id,
    )
    await work.session.flush()
    await work.emit(InterestWaived(claim_id=row.id, invoice_id=row.invoice_id))
    return row


async def record_interest_payment(
    work: Work,
    claim_id: InterestClaimId,
    amount: Money,
    source: Account,
    received_on: date,
    *,
    bank_entry_id: BankEntryId | None = None,
) -> None:
    """A client paid a claim in full: settle it and share it out by the charter of its day.

    Called by treasury, which has decided that this money is for this claim. Raises
    InterestClaimNotFound, IllegalMove, Invalid for another sum.
    """
    row = await _locked(work, claim_id)
    if amount != Money(row.total_minor, row.currency):
        total = Money(row.total_minor, row.currency)
        raise Invalid(f"The claim is {total}; {amount} does not settle it.", field="amount")
    INTEREST_CLAIM.move(row, "pay")
    row.ended_on, row.bank_entry_id = received_on, bank_entry_id
    split = (await charter_at(work, row.claimed_at)).receivables.interest_split
    shares = dict(zip(split, allocate(row.total_minor, list(split.values())), strict=True))
    lines: list[Line] = [
        Line(source, amount),
        credit("interest_receivable", amount, row.client_id),
        debit("interest_income", amount),
    ]
    for name, minor in shares.items():
        part: Any = Money(minor, row.currency)
        if name == "member":
            hers = await member_parts(work, row.invoice_id, row.member_id, minor)
            lines += [
                credit("member_available", Money(one.net_minor, row.currency), one.member_id)
                for one in hers
            ]
        else:
            lines.append(credit(name, part))
    await ledger.post(
        work,
        kind="interest_paid",
        text=f"Late interest on invoice {row.invoice_number}",
        lines=lines,
        subject=row.id,
        occurred_on=received_on,
    )
    await work.session.flush()
    await work.emit(
        InterestPaid(
            claim_id=row.id, invoice_id=row.invoice_id, member_id=row.member_id,
            total_minor=row.total_minor, member_minor=shares.get("member", 0),
            currency=row.currency,
        )
    )  # fmt: skip


async def reverse_interest_payment(work: Work, claim_id: InterestClaimId, reason: str) -> None:
    """What was recorded as payment was none, or the bank took it back: the claim is open again.

    Called by treasury. All that the payment shared out comes back, so the money is where it came
    from; the member's share must still be hers. Raises InterestClaimNotFound, IllegalMove,
    BelowZero.
    """
    row = await _locked(work, claim_id)
    INTEREST_CLAIM.move(row, "reopen")
    row.ended_on, row.bank_entry_id = None, None
    await work.write()
    mirror = aliased(LedgerEntry)
    entry_id = await work.session.scalar(
        select(LedgerEntry.id).where(
            LedgerEntry.subject_id == claim_id,
            LedgerEntry.kind == "interest_paid",
            ~exists().where(mirror.reverses == LedgerEntry.id),
        )
    )
    assert entry_id is not None, "a paid claim was posted"
    split = (await charter_at(work, row.claimed_at)).receivables.interest_split
    shares = dict(zip(split, allocate(row.total_minor, list(split.values())), strict=True))
    minor = shares.get("member", 0)
    for one in await member_parts(work, row.invoice_id, row.member_id, minor):
        hers = Money(one.net_minor, row.currency)
        await ledger.draw(work, Account("member_available", one.member_id), hers)
    await ledger.reverse(work, entry_id, f"Undone: {reason}"[:500])
    await work.session.flush()
    await work.emit(InterestReopened(claim_id=row.id, invoice_id=row.invoice_id))


async def _locked(work: Work, claim_id: InterestClaimId) -> InterestClaim:
    row = await work.session.scalar(
        select(InterestClaim)
        .where(InterestClaim.id == claim_id, access.rows_visible_to(work.actor, InterestClaim))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise InterestClaimNotFound
    return row
