"""What a client paid before: it is taken from its account when the document that says so is issued.

The money was received, and taxed where the law asks for it, before this document; here it only
moves from the client's account to the invoice, and what of it is the member's is released.
"""

from sqlalchemy import select

from guild.core.errors import Conflict
from guild.core.ids import InvoiceId, OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.payments import record_payment
from guild.ledger import queries as ledger
from guild.ledger.chart import Account
from guild.members.models import Organisation


async def record_prepaid(
    work: Work, invoice_id: InvoiceId, client_id: OrganisationId, prepaid: Money
) -> None:
    """Pay the prepaid part of an invoice just issued from the client's account.

    Raises Conflict when the client has less there, so that the invoice is not issued.
    """
    await work.session.execute(
        select(Organisation.id).where(Organisation.id == client_id).with_for_update()
    )
    await work.write()
    account = Account("client_credit", client_id)
    held = await ledger.balance_of(work, account, prepaid.currency)
    if held < prepaid:
        raise Conflict(
            f"The document says that {prepaid} was prepaid; the client has {held} on account.",
            mend="Correct what was prepaid, or have the payment put on the client's account first.",
            field="prepaid",
        )
    await record_payment(work, invoice_id, prepaid, account, work.today)
