"""The mail that brings an invoice: short, in the client's language, with her personal link."""

from typing import Final

from guild.core.ids import MailId
from guild.core.mail import send_mail
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.invoicing.commands.printing import language_of
from guild.invoicing.queries.documents import Stored

WORDS: Final = {
    "en": {
        "proforma": "Pro-forma from {coop}: {title}",
        "proforma_text": "Dear {contact},\n\n"
        "this is what {worker} would invoice you for: {title}.\n{amount}\n\n"
        "Read and download it here:\n{link}\n\nIt is no invoice; there is nothing to pay yet. "
        "The link is yours alone and opens in one browser. You need no account.",
        "would": "It would be {total}, tax included.",
        "invoice": "Invoice {number} from {coop}",
        "credit_note": "Credit note {number} from {coop}",
        "text": "Dear {contact},\n\n{worker} has done this work for you: {title}.\n{amount}\n\n"
        "Read it, download it and pay it here:\n{link}\n\n"
        "The link is yours alone and opens in one browser. You need no account.",
        "due": "To pay: {total} by {due}, reference {reference}.",
        "credited": "Credited: {total}.",
        "reason": "You get this because {coop} invoices the work of contract {contract}.",
    },
    "fr": {
        "proforma": "Facture pro forma de {coop} : {title}",
        "proforma_text": "Bonjour {contact},\n\n"
        "voici ce que {worker} vous facturerait : {title}.\n{amount}\n\n"
        "Pour la lire et la télécharger :\n{link}\n\nCe n'est pas une facture ; il n'y a rien à "
        "payer pour l'instant. Ce lien est personnel et s'ouvre dans un seul navigateur.",
        "would": "Le montant serait de {total}, taxes comprises.",
        "invoice": "Facture {number} de {coop}",
        "credit_note": "Note de crédit {number} de {coop}",
        "text": "Bonjour {contact},\n\n{worker} a réalisé ce travail pour vous : {title}.\n"
        "{amount}\n\nPour la lire, la télécharger et la payer :\n{link}\n\n"
        "Ce lien est personnel et s'ouvre dans un seul navigateur. Aucun compte n'est nécessaire.",
        "due": "À payer : {total} au plus tard le {due}, communication {reference}.",
        "credited": "Montant crédité : {total}.",
        "reason": "Vous recevez ce message parce que {coop} facture le travail du contrat "
        "{contract}.",
    },
    "nl": {
        "proforma": "Pro-formafactuur van {coop}: {title}",
        "proforma_text": "Dag {contact},\n\ndit zou {worker} u factureren: {title}.\n{amount}\n\n"
        "Lezen en downloaden doet u hier:\n{link}\n\nHet is geen factuur; er is nog niets te "
        "betalen. De link is persoonlijk en opent in één browser.",
        "would": "Het zou {total} zijn, belasting inbegrepen.",
        "invoice": "Factuur {number} van {coop}",
        "credit_note": "Creditnota {number} van {coop}",
        "text": "Dag {contact},\n\n{worker} heeft dit werk voor u gedaan: {title}.\n{amount}\n\n"
        "Lezen, downloaden en betalen doet u hier:\n{link}\n\n"
        "De link is persoonlijk en opent in één browser. U hebt geen account nodig.",
        "due": "Te betalen: {total} uiterlijk op {due}, mededeling {reference}.",
        "credited": "Gecrediteerd: {total}.",
        "reason": "U krijgt dit bericht omdat {coop} het werk van contract {contract} factureert.",
    },
    "de": {
        "proforma": "Pro-forma-Rechnung von {coop}: {title}",
        "proforma_text": "Guten Tag {contact},\n\n"
        "das würde {worker} Ihnen berechnen: {title}.\n{amount}\n\n"
        "Lesen und herunterladen:\n{link}\n\nEs ist keine Rechnung; noch ist nichts zu zahlen. "
        "Der Link gilt nur für Sie und öffnet in einem Browser.",
        "would": "Es wären {total}, Steuer inbegriffen.",
        "invoice": "Rechnung {number} von {coop}",
        "credit_note": "Rechnungskorrektur {number} von {coop}",
        "text": "Guten Tag {contact},\n\n{worker} hat diese Arbeit für Sie erledigt: {title}.\n"
        "{amount}\n\nLesen, herunterladen und bezahlen:\n{link}\n\n"
        "Der Link gilt nur für Sie und öffnet in einem Browser. Sie brauchen kein Konto.",
        "due": "Zu zahlen: {total} bis {due}, Verwendungszweck {reference}.",
        "credited": "Gutgeschrieben: {total}.",
        "reason": "Sie erhalten dies, weil {coop} die Arbeit aus Vertrag {contract} in Rechnung "
        "stellt.",
    },
}


LINES: Final = {"invoice": "due", "credit_note": "credited", "proforma": "would"}
"""Which line says the amount, by kind."""


def mail_document(
    work: Work, stored: Stored, *, token: str, reference: str, to: str = ""
) -> MailId:
    """Tell the client's contact, at `to` if that is given; only this mail holds the token."""
    frozen = stored.frozen
    lang = language_of(frozen.language)
    words = WORDS[lang]
    coop = work.settings.coop.name
    line = words[LINES[frozen.kind]]
    body = words["proforma_text" if frozen.kind == "proforma" else "text"]
    amount = line.format(
        total=money_text(frozen.payable_minor, frozen.currency, lang),
        due=long_date(frozen.due_on, lang),
        reference=reference,
    )
    return send_mail(
        work,
        to=to or stored.contact_email,
        subject=words[frozen.kind].format(number=frozen.number, coop=coop, title=stored.title),
        text=body.format(
            contact=stored.contact_name,
            worker=stored.member_name,
            title=stored.title,
            amount=amount,
            link=f"{work.settings.base_url}/i/{token}",
        ),
        reason=words["reason"].format(coop=coop, contract=frozen.contract_number),
        lang=lang,
    )
