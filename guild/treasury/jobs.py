"""Telling members what became of their payouts, after the fact and outside of any request."""

from sqlalchemy import select

from guild.core.ids import PayoutId
from guild.core.jobs import job
from guild.core.mail import send_mail
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.documents.commands import store
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import PrintOrder
from guild.members.models import BankAccount, Member
from guild.treasury.commands.printing import sheet_of
from guild.treasury.models import Payout

REASON = "You get this because you are paid through the co-operative."


@job("treasury.make_payout_statement", timeout_s=120)
async def make_payout_statement(work: Work, payout_id: PayoutId) -> None:
    """Print the statement of a settled payout, keep it and tell the member; once."""
    payout, member, payee = await payout_of(work, payout_id, lock=True)
    if payout.document_id is not None or payout.settled_on is None:
        return
    sheet = await sheet_of(work, payout, member, payee)
    pool = work.system.resource("documents.pool", DocumentPool)
    pdf = await pool.render(
        PrintOrder(
            html=render_html("treasury/payout_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=payout.requested_at,
            attachments=(),
            facturx_profile="",
        )
    )
    name = f"payout-{payout.number}.pdf"
    payout.document_id = await store(work, pdf, "application/pdf", name, payout.id)
    send_mail(
        work,
        to=member.email,
        subject=f"You were paid {_money(payout)}",
        text=(
            f"Payout {payout.number} of {_money(payout)} was booked on "
            f"{long_date(payout.settled_on)} to your account ending in {payee.iban_last4}.\n\n"
            f"Your statement: {work.settings.base_url}/money"
        ),
        reason=REASON,
        lang="en",
    )


@job("treasury.tell_of_payout")
async def tell_of_payout(work: Work, payout_id: PayoutId) -> None:
    """Tell the member that a payout was refused or came back, and what to do."""
    payout, member, payee = await payout_of(work, payout_id)
    returned = payout.state == "returned"
    done = (
        f"could not be booked to your account ending in {payee.iban_last4}"
        if returned
        else "was not approved"
    )
    mend = (
        "Check your account number; once it is right you can ask again."
        if returned
        else "The money is still yours in the books; you can ask again."
    )
    send_mail(
        work,
        to=member.email,
        subject=f"Payout {payout.number} {'came back' if returned else 'was not approved'}",
        text=(
            f"Payout {payout.number} of {_money(payout)} {done}.\n"
            f"Reason: {payout.reason}\n\n{mend}\n\nYour money: {work.settings.base_url}/money"
        ),
        reason=REASON,
        lang="en",
    )


async def payout_of(
    work: Work, payout_id: PayoutId, *, lock: bool = False
) -> tuple[Payout, Member, BankAccount]:
    """A payout with its payee and the account it goes to."""
    wanted = (
        select(Payout, Member, BankAccount)
        .join(Member, Member.id == Payout.member_id)
        .join(BankAccount, BankAccount.id == Payout.payee_account_id)
        .where(Payout.id == payout_id)
    )
    if lock:
        wanted = wanted.with_for_update(of=Payout)
    payout, member, payee = (await work.session.execute(wanted)).one()
    return payout, member, payee


def _money(payout: Payout) -> str:
    return money_text(payout.amount_minor, payout.currency)
