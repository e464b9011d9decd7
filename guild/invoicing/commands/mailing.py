"""Mailing a document: a personal link to the page where it is read, kept and paid."""

from typing import Final

from guild.core.ids import InvoiceId, MailId
from guild.core.work import Work
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.commands.letters import mail_document
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.queries.documents import frozen_invoice
from guild.invoicing.rules.references import print_reference
from guild.members import commands as members

LINK_HOURS: Final = 24 * 31
"""A link lives a month, a day longer than the usual term of payment."""


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
