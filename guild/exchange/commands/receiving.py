"""Taking in a supplier's invoice: read, judged, kept by its hash, its doubles named."""

import hashlib
from decimal import Decimal
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import ContractId, DocumentId, SupplierId, SupplierInvoiceId, new_id
from guild.core.money import minor_digits
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.documents.commands import store
from guild.exchange.commands.judging import judge
from guild.exchange.commands.parsing import read_safely
from guild.exchange.errors import AlreadyReceived, InvoiceUnreadable
from guild.exchange.events import SupplierInvoiceReceived
from guild.exchange.models import (
    SEALED_PAYEE,
    SUPPLIER_INVOICE,
    Supplier,
    SupplierInvoice,
)
from guild.exchange.queries.projects import own_contract
from guild.exchange.rules.received import Finding, ReadDocument, ReceivedInvoice, ReceivedParty

UPLOAD_MAX: Final = 5_000_000
PDF: Final = "application/pdf"
XML: Final = "application/xml"
MINOR_MAX: Final = 10**15


async def upload(
    work: Work, content: bytes, *, contract_id: ContractId | None = None
) -> SupplierInvoice:
    """Take in a file that a member or a treasurer brings; a contract says whose project it is for.

    Raises InvoiceUnreadable, InvoiceNotInside, InvoiceTooLarge, ContractNotFound, and
    AlreadyReceived for bytes that are here already.
    """
    work.require(Permission.COSTS_UPLOAD)
    contract = await own_contract(work, contract_id) if contract_id else None
    read = await read_safely(work.system, content)
    row = await take_in(work, content, read, source="upload")
    row.uploaded_by = work.actor.member_id
    if contract is not None:
        row.contract_id, row.member_id = contract.id, contract.member_id
        row.matched_by = work.actor.member_id
    await work.session.flush()
    return row


async def take_in(
    work: Work, content: bytes, read: ReadDocument, *, source: str
) -> SupplierInvoice:
    """Keep what was read; the same bytes a second time raise AlreadyReceived."""
    digest = hashlib.sha256(content).digest()
    await _refuse_known(work, digest)
    invoice = read.invoice
    supplier_id = await _supplier(work, invoice.seller)
    wrong_buyer = not _is_ours(work, invoice.buyer)
    findings = [*_about_us(invoice, wrong_buyer=wrong_buyer), *read.findings]
    row_id = SupplierInvoiceId(new_id())
    amounts = _amounts(invoice)
    row = SupplierInvoice(
        id=row_id,
        supplier_id=supplier_id,
        state=SUPPLIER_INVOICE.initial,
        kind=invoice.kind,
        source=source,
        syntax=read.syntax,
        sha256=digest,
        document_id=await _keep(work, content, read, row_id),
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=invoice.currency,
        **amounts,
        content=msgspec.to_builtins(msgspec.structs.replace(invoice, iban="")),
        iban_sealed=work.keyring.seal(invoice.iban.encode(), context=SEALED_PAYEE.context(row_id))
        if invoice.iban
        else None,
        iban_last4=invoice.iban[-4:],
        findings=msgspec.to_builtins(findings),
        verdict=verdict_of(findings),
        judged_by="",
        wrong_buyer=wrong_buyer,
        duplicate_of=await _double(work, supplier_id, invoice),
        reason="",
        received_at=work.now,
        changed_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    await work.emit(
        SupplierInvoiceReceived(
            supplier_invoice_id=row.id,
            supplier_id=supplier_id,
            source=source,
            verdict=row.verdict,
        )
    )
    work.later(judge, supplier_invoice_id=row.id)
    return row


def verdict_of(findings: list[Finding]) -> str:
    """One word for a list of findings."""
    if any(one.level == "error" for one in findings):
        return "broken"
    return "doubtful" if findings else "fine"


async def _refuse_known(work: Work, digest: bytes) -> None:
    known = await work.session.scalar(
        select(SupplierInvoice.id).where(SupplierInvoice.sha256 == digest)
    )
    if known is not None:
        raise AlreadyReceived(
            "Exactly this file was received before.",
            mend="Look for it among the suppliers' invoices; if you cannot see it, ask the "
            "treasurer.",
        )


async def _keep(
    work: Work, content: bytes, read: ReadDocument, row_id: SupplierInvoiceId
) -> DocumentId:
    pdf = read.syntax == "facturx"
    name = f"supplier-{row_id.hex}.{'pdf' if pdf else 'xml'}"
    return await store(work, content, PDF if pdf else XML, name, row_id)


def _amounts(invoice: ReceivedInvoice) -> dict[str, int]:
    """Minor units; refuses what the currency cannot hold (BR-DEC)."""
    try:
        digits = minor_digits(invoice.currency)
    except (KeyError, ValueError):
        raise InvoiceUnreadable(f"{invoice.currency} is no currency that Guild keeps.") from None

    def minor(value: Decimal, words: str) -> int:
        scaled = value.scaleb(digits)
        if scaled != scaled.to_integral_value() or abs(scaled) >= MINOR_MAX:
            raise InvoiceUnreadable(
                f"The {words} {value:f} cannot be an amount of {invoice.currency} (BR-DEC)."
            )
        return int(scaled)

    return {
        "net_minor": minor(invoice.net, "sum before VAT"),
        "vat_minor": minor(invoice.vat_total, "VAT"),
        "total_minor": minor(invoice.total, "sum with VAT"),
        "rounding_minor": minor(invoice.rounding, "rounding"),
        "prepaid_minor": minor(invoice.prepaid, "prepaid amount"),
        "payable_minor": minor(invoice.payable, "sum to pay"),
    }


def supplier_key(party: ReceivedParty) -> str:
    """By what a supplier is known again: VAT number, else company number, else name."""
    if party.vat_number:
        return f"vat:{party.vat_number}"
    if party.legal_id:
        return f"id:{party.legal_scheme}:{''.join(party.legal_id.split()).upper()}"
    return f"name:{party.country}:{party.name.casefold()}"


async def _supplier(work: Work, party: ReceivedParty) -> SupplierId:
    key = supplier_key(party)
    added = await work.session.scalar(
        insert(Supplier)
        .values(
            id=new_id(),
            key=key,
            name=party.name or key,
            country=party.country,
            vat_number=party.vat_number[:20],
            legal_id=party.legal_id,
            created_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Supplier.id)
    )
    if added is None:
        added = await work.session.scalar(select(Supplier.id).where(Supplier.key == key))
        assert added is not None
    return SupplierId(added)


async def _double(
    work: Work, supplier_id: SupplierId, invoice: ReceivedInvoice
) -> SupplierInvoiceId | None:
    """The first invoice of that supplier with this number and date that was not refused."""
    found: SupplierInvoiceId | None = await work.session.scalar(
        select(SupplierInvoice.id)
        .where(
            SupplierInvoice.supplier_id == supplier_id,
            SupplierInvoice.kind == invoice.kind,
            SupplierInvoice.number == invoice.number,
            SupplierInvoice.issued_on == invoice.issued_on,
            SupplierInvoice.state != "refused",
        )
        .order_by(SupplierInvoice.id)
        .limit(1)
    )
    return found


def _is_ours(work: Work, buyer: ReceivedParty) -> bool:
    """Whether the buyer is the co-operative, by VAT or company number; without any, by name."""
    coop = work.settings.coop
    ours = {_plain(coop.vat_number), _plain(coop.enterprise_number)} - {""}
    given = {_plain(buyer.vat_number), _plain(buyer.legal_id)} - {""}
    if given:
        return bool(ours & given)
    return buyer.name.casefold().strip() == coop.name.casefold().strip()


def _plain(number: str) -> str:
    return "".join(sign for sign in number.upper() if sign.isalnum())


def _about_us(invoice: ReceivedInvoice, *, wrong_buyer: bool) -> list[Finding]:
    if not wrong_buyer:
        return []
    return [
        Finding(
            rule="GUILD-BUYER",
            level="error",
            text=f"It is addressed to {invoice.buyer.name or 'nobody'}, not to the co-operative.",
            field="buyer",
        )
    ]
