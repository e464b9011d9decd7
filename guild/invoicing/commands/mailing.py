"""Mailing a document: a personal link to the page where it is read, kept and paid."""

from typing import Final

from guild.core.errors import Conflict
from guild.core.ids import InvoiceId, MailId
from guild.core.mail import send_mail
from guild.core.pages import money_text
from guild.core.work import Work
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.commands.copying import own_document
from guild.invoicing.commands.letters import mail_document
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import ProformaSent
from guild.invoicing.models import ProformaSending
from guild.invoicing.queries.documents import frozen_invoice
from guild.invoicing.rules.canonical import CREDITS, SELF_BILLED
from guild.invoicing.rules.references import print_reference
from guild.members import commands as members

LINK_HOURS: Final = 24 * 31
"""A link lives a month, a day longer than the usual term of payment."""


async def mail_self_bill(work: Work, invoice_id: InvoiceId, *, to: str = "") -> MailId:
    """Mail a member the page of a document in her name once more, at another address if given.

    Raises InvoiceNotFound for what is no self-billed document.
    """
    stored = await frozen_invoice(work, invoice_id)
    said = stored.frozen
    if said.kind not in SELF_BILLED or stored.state == "draft":
        raise InvoiceNotFound
    coop = work.settings.coop.name
    word = "credit note" if said.kind in CREDITS else "invoice"
    return send_mail(
        work,
        to=to or stored.contact_email,
        subject=f"Your {word} {said.number} to {coop}",
        text=f"Here is the {word} {said.number} that {coop} has written in your name: "
        f"{money_text(said.total_minor, said.currency)}.\n\n"
        f"{work.settings.base_url}/invoices/{invoice_id}",
        reason=f"You get this because you agreed to self-billing with {coop}.",
    )


async def send_proforma(work: Work, proforma_id: InvoiceId) -> MailId:
    """Mail the client's contact a link to a pro-forma of one's own, as it stands now.

    Raises InvoiceNotFound, and Conflict while its PDF is being made.
    """
    proforma = await own_document(work, proforma_id, lock=True)
    if proforma.kind != "proforma":
        raise InvoiceNotFound
    pdf_id = proforma.pdf_document_id
    if pdf_id is None:
        raise Conflict(
            "Its PDF is still being made.", mend="Try again in a moment; if it stays so, the "
            "pro-forma breaks a rule: look at its check.",
        )  # fmt: skip
    stored = await frozen_invoice(work, proforma_id)
    token = await members.issue_link(
        work, stored.contact_id, purpose=INVOICE_LINK, subject_id=proforma_id,
        valid_hours=LINK_HOURS,
    )  # fmt: skip
    mail_id = mail_document(work, stored, token=token, reference="")
    work.session.add(
        ProformaSending(
            mail_id=mail_id, invoice_id=proforma_id, sent_to=stored.contact_email,
            sent_at=work.now, sent_by=work.actor.member_id, pdf_document_id=pdf_id,
        )
    )  # fmt: skip
    await work.session.flush()
    await work.emit(
        ProformaSent(invoice_id=proforma_id, member_id=stored.member_id, client_id=stored.client_id)
    )
    return mail_id


async def mail_invoice(work: Work, invoice_id: InvoiceId, *, to: str = "") -> MailId:
    """Mail the client's contact a fresh link to an issued document, at another address if given.

    Raises InvoiceNotFound for drafts and unknown ids.
    """
    stored = await frozen_invoice(work, invoice_id)
    if stored.state == "draft":
        raise InvoiceNotFound
    token = await members.issue_link(
        work,
        stored.contact_id,
        purpose=INVOICE_LINK,
        subject_id=invoice_id,
        valid_hours=LINK_HOURS,
    )
    reference = print_reference(stored.frozen.reference)
    return mail_document(work, stored, token=token, reference=reference, to=to)
