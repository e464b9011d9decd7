"""An empty draft of a contract: what pro-formas, deposits and recurring invoices begin as."""

from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.ids import ContractId, InvoiceId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import access
from guild.invoicing.commands.drafts import next_reference
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice
from guild.members.models import Organisation


async def own_contract(work: Work, contract_id: ContractId) -> Contract:
    """A contract that the actor may invoice, locked; raises InvoiceNotFound."""
    contract: Contract | None = await work.session.scalar(
        select(Contract).where(Contract.id == contract_id).with_for_update()
    )
    if contract is None or not access.may_work_on(work.actor, contract.member_id):
        raise InvoiceNotFound("You have no such contract.", field="contract_id")
    return contract


async def begin_draft(
    work: Work,
    contract: Contract,
    *,
    title: str = "",
    kind: str = "invoice",
    type_code: str = "380",
    buyer_reference: str = "",
    order_reference: str = "",
) -> Invoice:
    """A draft without lines, added to the session; the caller adds lines and has it reckoned.

    Without a reference of the client's own the contract's number is given, except to public
    bodies, which must name theirs.
    """
    client = await work.session.get_one(Organisation, contract.client_id)
    charter = await charter_at(work)
    public = client.kind == "public_body"
    known = "" if public or order_reference else contract.number
    invoice = Invoice(
        id=InvoiceId(new_id()),
        kind=kind,
        type_code=type_code,
        contract_id=contract.id,
        member_id=contract.member_id,
        client_id=contract.client_id,
        contact_id=contract.contact_id,
        number_format=charter.invoicing.number_format,
        due_days=contract.payment_term_days or charter.invoicing.default_due_days,
        delivered_on=work.today,
        title=title or contract.title,
        contract_number=contract.number,
        language=client.language,
        buyer_reference=buyer_reference or known,
        order_reference=order_reference,
        supply="services",
        treatment="general",
        reference=await next_reference(work, client.country),
        currency=contract.currency,
        charter_version=charter.version,
        created_at=work.now,
    )
    work.session.add(invoice)
    await work.session.flush()
    return invoice
