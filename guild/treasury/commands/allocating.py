"""The mail by which a client learns how one transfer was shared out over its invoices."""

from typing import Any, Final

from sqlalchemy import select

from guild.core.ids import BankEntryId, InvoiceId
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.models import Invoice
from guild.members import commands as members
from guild.members.models import Contact
from guild.treasury.models import BankEntry, BankMatch
from guild.treasury.queries.interest import paid_claims
from guild.treasury.queries.transfers import object_until

LINK_HOURS: Final = 24 * 31
WORDS: Final = {
    "en": (
        "How your transfer of {amount} was shared out",
        (
            "Your transfer of {amount} of {day} was recorded like this:\n\n{lines}\n\n{rest}"
            "If you meant it otherwise, tell us until {until}: open the link and choose “What your "
            "transfers paid”, or answer this mail.\n\n{link}"
        ),
        "{amount} more than these invoices asked for is kept on your account.\n\n",
        "Late interest, invoice {number}",
        "You get this because you paid invoices of the co-operative.",
    ),
    "fr": (
        "Répartition de votre virement de {amount}",
        (
            "Votre virement de {amount} du {day} a été enregistré ainsi :\n\n{lines}\n\n{rest}"
            "Si vous l’entendiez autrement, dites-le avant le {until} : ouvrez le lien et "
            "choisissez « Ce que vos virements ont payé », ou répondez à ce message.\n\n{link}"
        ),
        "{amount} de plus que ces factures sont gardés sur votre compte.\n\n",
        "Intérêts de retard, facture {number}",
        "Vous recevez ce message parce que vous avez payé des factures de la coopérative.",
    ),
    "nl": (
        "Hoe uw overschrijving van {amount} werd verdeeld",
        (
            "Uw overschrijving van {amount} van {day} werd zo geboekt:\n\n{lines}\n\n{rest}"
            "Bedoelde u het anders, laat het ons dan weten vóór {until}: open de link en kies "
            "“Wat uw overschrijvingen betaalden”, of beantwoord deze mail.\n\n{link}"
        ),
        "{amount} meer dan deze facturen vroegen, blijft op uw rekening staan.\n\n",
        "Verwijlinterest, factuur {number}",
        "U krijgt dit bericht omdat u facturen van de coöperatie betaalde.",
    ),
    "de": (
        "Wie Ihre Überweisung über {amount} aufgeteilt wurde",
        (
            "Ihre Überweisung über {amount} vom {day} wurde so verbucht:\n\n{lines}\n\n{rest}"
            "Wenn sie anders gemeint war, sagen Sie es bis {until}: Öffnen Sie den Link und wählen "
            "Sie „Was Ihre Überweisungen bezahlt haben“, oder antworten Sie auf diese Mail."
            "\n\n{link}"
        ),
        "{amount} mehr, als diese Rechnungen verlangten, bleiben auf Ihrem Konto.\n\n",
        "Verzugszinsen, Rechnung {number}",
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
            select(
                BankMatch.amount_minor,
                Invoice.id,
                Invoice.number,
                Invoice.language,
                Contact.id.label("contact_id"),
                Contact.email,
            )
            .join(Invoice, Invoice.id == BankMatch.invoice_id)
            .join(Contact, Contact.id == Invoice.contact_id)
            .where(BankMatch.entry_id == entry.id, BankMatch.round == entry.round)
            .order_by(Invoice.due_on, Invoice.id)
        )
    ).all()
    claims = await paid_claims(work, entry.id)
    if not rows and not claims:
        return
    first = rows[0] if rows else await _addressed(work, claims[0].invoice_id)
    lang = first.language if first.language in WORDS else "en"
    subject, text, more, interest, reason = WORDS[lang]
    amount = Money(entry.amount_minor, entry.currency)
    token = await members.issue_link(
        work, first.contact_id, purpose=INVOICE_LINK, subject_id=first.id, valid_hours=LINK_HOURS
    )
    shares = [(row.number, row.amount_minor) for row in rows]
    shares += [(interest.format(number=one.invoice_number), one.total_minor) for one in claims]
    rest = amount - Money(sum(minor for _, minor in shares), entry.currency)
    until, _ = await object_until(work, entry)
    said = {
        "amount": money_text(amount, lang=lang),
        "link": f"{work.settings.base_url}/i/{token}",
        "day": long_date(entry.booked_on, lang=lang),
        "until": long_date(until or work.today, lang=lang),
        "lines": "\n".join(
            f"{name}: {money_text(Money(minor, entry.currency), lang=lang)}"
            for name, minor in shares
        ),
        "rest": more.format(amount=money_text(rest, lang=lang)) if rest else "",
    }
    send_mail(
        work,
        to=first.email,
        subject=subject.format(**said),
        text=text.format(**said),
        reason=reason,
        lang=lang,
    )


async def _addressed(work: Work, invoice_id: InvoiceId) -> Any:
    """Number, language and address of the invoice that interest was claimed on."""
    rows = await work.session.execute(
        select(
            Invoice.id,
            Invoice.number,
            Invoice.language,
            Contact.id.label("contact_id"),
            Contact.email,
        )
        .join(Contact, Contact.id == Invoice.contact_id)
        .where(Invoice.id == invoice_id)
    )
    return rows.one()
