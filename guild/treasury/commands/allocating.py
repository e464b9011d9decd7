"""The mail by which a client learns how one transfer was shared out over its invoices."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from guild.core.ids import BankEntryId
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.members.models import Contact
from guild.treasury.models import BankEntry, BankMatch

OBJECT_DAYS: Final = 10
"""Days to say that a transfer was meant otherwise; an older allocation is not closed by them."""
WORDS: Final = {
    "en": (
        "How your transfer of {amount} was shared out",
        (
            "Your transfer of {amount} of {day} was recorded like this:\n\n{lines}\n\n{rest}"
            "If you meant it otherwise, tell us until {until}: answer this mail."
        ),
        "{amount} more than these invoices asked for is kept on your account.\n\n",
        "You get this because you paid invoices of the co-operative.",
    ),
    "fr": (
        "Répartition de votre virement de {amount}",
        (
            "Votre virement de {amount} du {day} a été enregistré ainsi :\n\n{lines}\n\n{rest}"
            "Si vous l’entendiez autrement, dites-le avant le {until} en répondant à ce message."
        ),
        "{amount} de plus que ces factures sont gardés sur votre compte.\n\n",
        "Vous recevez ce message parce que vous avez payé des factures de la coopérative.",
    ),
    "nl": (
        "Hoe uw overschrijving van {amount} werd verdeeld",
        (
            "Uw overschrijving van {amount} van {day} werd zo geboekt:\n\n{lines}\n\n{rest}"
            "Bedoelde u het anders, laat het ons dan weten vóór {until}: beantwoord deze mail."
        ),
        "{amount} meer dan deze facturen vroegen, blijft op uw rekening staan.\n\n",
        "U krijgt dit bericht omdat u facturen van de coöperatie betaalde.",
    ),
    "de": (
        "Wie Ihre Überweisung über {amount} aufgeteilt wurde",
        (
            "Ihre Überweisung über {amount} vom {day} wurde so verbucht:\n\n{lines}\n\n{rest}"
            "Wenn sie anders gemeint war, sagen Sie es bis {until}: Antworten Sie auf diese Mail."
        ),
        "{amount} mehr, als diese Rechnungen verlangten, bleiben auf Ihrem Konto.\n\n",
        "Sie erhalten dies, weil Sie Rechnungen der Genossenschaft bezahlt haben.",
    ),
}


async def mail_allocation(work: Work, entry_id: BankEntryId) -> None:
    """Tell the contact of the first invoice, in the language of the invoice."""
    entry = await work.session.get(BankEntry, entry_id)
    if entry is None or entry.state != "confirmed":
        return
    rows = (
        await work.session.execute(
            select(BankMatch.amount_minor, Invoice.number, Invoice.language, Contact.email)
            .join(Invoice, Invoice.id == BankMatch.invoice_id)
            .join(Contact, Contact.id == Invoice.contact_id)
            .where(BankMatch.entry_id == entry.id, BankMatch.round == entry.round)
            .order_by(Invoice.due_on, Invoice.id)
        )
    ).all()
    if not rows:
        return
    lang = rows[0].language if rows[0].language in WORDS else "en"
    subject, text, more, reason = WORDS[lang]
    amount = Money(entry.amount_minor, entry.currency)
    rest = amount - Money(sum(row.amount_minor for row in rows), entry.currency)
    said = {
        "amount": money_text(amount, lang=lang),
        "day": long_date(entry.booked_on, lang=lang),
        "until": long_date(work.today + timedelta(days=OBJECT_DAYS), lang=lang),
        "lines": "\n".join(
            f"{row.number}: {money_text(Money(row.amount_minor, entry.currency), lang=lang)}"
            for row in rows
        ),
        "rest": more.format(amount=money_text(rest, lang=lang)) if rest else "",
    }
    send_mail(
        work,
        to=rows[0].email,
        subject=subject.format(**said),
        text=text.format(**said),
        reason=reason,
        lang=lang,
    )
