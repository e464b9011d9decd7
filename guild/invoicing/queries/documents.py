"""What a document says: of a draft by today's facts, of an issued one by what it froze.

One statement reads the document, its lines, its VAT, the people around it and, for a credit note,
the invoice that it corrects. Issuing uses it with the rows locked, so an issue costs one read.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from guild.core.ids import ContactId, ContractId, DocumentId, InvoiceId, MemberId, OrganisationId
from guild.core.settings import Cooperative
from guild.core.work import Work
from guild.invoicing.einvoice.build import FrozenInvoice, FrozenLine, FrozenVat
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.rules.canonical import Party, Preceding
from guild.invoicing.rules.parties import endpoint_of, legal_id_of

COLUMNS: Final = """
SELECT i.id, i.kind, i.state, i.contract_id, i.member_id, i.client_id, i.contact_id,
       i.corrects_id, i.number, i.number_format, i.issued_on, i.issued_at, i.due_days, i.due_on,
       i.delivered_on, i.title, i.contract_number, i.language, i.buyer_reference,
       i.order_reference, i.reason, i.supply, i.treatment, i.reference, i.currency,
       i.net_minor, i.vat_minor, i.total_minor, i.paid_minor, i.credited_minor,
       i.refundable_minor, i.pdf_document_id, i.ubl_document_id, i.cii_document_id,
       i.iban, i.bic, i.seller::text AS seller, i.buyer::text AS buyer,
       o.name AS client_name, o.kind AS client_kind, o.country AS client_country,
       o.vat_number AS client_vat_number, o.enterprise_number AS client_enterprise_number,
       o.street AS client_street, o.postcode AS client_postcode, o.city AS client_city,
       o.email AS client_email, c.name AS contact_name, c.email AS contact_email,
       m.vat_exempt, m.display_name AS member_name,
       p.number AS corrects_number, p.issued_on AS corrects_issued_on,
       (SELECT json_agg(json_build_object(
                   'position', l.position, 'text', l.text, 'detail', l.detail,
                   'quantity', l.quantity::text, 'unit', l.unit, 'price', l.price::text,
                   'net_minor', l.net_minor, 'category', l.category, 'rate_bps', l.rate_bps)
               ORDER BY l.position)::text
          FROM invoice_line l WHERE l.invoice_id = i.id) AS lines,
       (SELECT json_agg(json_build_object(
                   'category', v.category, 'rate_bps', v.rate_bps,
                   'taxable_minor', v.taxable_minor, 'vat_minor', v.vat_minor,
                   'reason_code', v.reason_code, 'reason', v.reason)
               ORDER BY v.category, v.rate_bps)::text
          FROM invoice_vat v WHERE v.invoice_id = i.id) AS vat
  FROM invoice i
  JOIN organisation o ON o.id = i.client_id
  JOIN contact c ON c.id = i.contact_id
  JOIN member m ON m.id = i.member_id
  LEFT JOIN invoice p ON p.id = i.corrects_id
 WHERE i.id = ANY (:ids)
 ORDER BY i.id"""
IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
READ: Final = text(COLUMNS).bindparams(IDS)
READ_LOCKED: Final = text(f"{COLUMNS} FOR UPDATE OF i").bindparams(IDS)

_LINES: Final = msgspec.json.Decoder(tuple[FrozenLine, ...])
_VAT: Final = msgspec.json.Decoder(tuple[FrozenVat, ...])


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A document as read, with what its commands and files need beside its own words."""

    id: InvoiceId
    state: str
    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    contact_id: ContactId
    corrects_id: InvoiceId | None
    number_format: str
    due_days: int
    title: str
    supply: str
    treatment: str
    client_kind: str
    member_exempt: bool
    member_name: str
    contact_email: str
    contact_name: str
    paid_minor: int
    credited_minor: int
    refundable_minor: int
    issued_at: dt.datetime | None
    files: dict[str, DocumentId]
    frozen: FrozenInvoice


async def document_data(
    work: Work, ids: Sequence[InvoiceId], *, lock: bool = False
) -> list[Stored]:
    """The documents in the order of their ids; absent ones are missing from the list."""
    statement = READ_LOCKED if lock else READ
    rows = await work.session.execute(statement, {"ids": list(ids)})
    return [_stored(row, work.settings.coop, work.today) for row in rows.mappings()]


async def frozen_invoice(work: Work, invoice_id: InvoiceId) -> Stored:
    """One document; raises InvoiceNotFound."""
    found = await document_data(work, [invoice_id])
    if not found:
        raise InvoiceNotFound
    return found[0]


def seller_party(coop: Cooperative) -> Party:
    """The cooperative as it stands on today's invoices."""
    legal_id, legal_scheme = legal_id_of(coop.country, coop.enterprise_number)
    endpoint, scheme = endpoint_of(coop.country, coop.enterprise_number, coop.vat_number)
    return Party(
        name=coop.name,
        street=coop.street,
        postcode=coop.postcode,
        city=coop.city,
        country=coop.country,
        vat_number=compact(coop.vat_number),
        legal_id=legal_id,
        legal_scheme=legal_scheme,
        endpoint=endpoint,
        endpoint_scheme=scheme,
        contact_name="",
        contact_email=coop.email,
    )


def compact(number: str | None) -> str:
    """A VAT number without the signs that people set between its digits."""
    return "".join(sign for sign in (number or "").upper() if sign.isalnum())


def _buyer(row: RowMapping, seller: Party) -> Party:
    number = row["client_enterprise_number"] or ""
    vat_number = compact(row["client_vat_number"])
    legal_id, legal_scheme = legal_id_of(row["client_country"], number)
    endpoint, scheme = endpoint_of(row["client_country"], number, vat_number)
    if not endpoint and _fetches_herself(row):
        # Delivered to the cooperative's own mailbox: the page that her personal link opens.
        endpoint, scheme = seller.endpoint, seller.endpoint_scheme
    return Party(
        name=row["client_name"],
        street=row["client_street"],
        postcode=row["client_postcode"],
        city=row["client_city"],
        country=row["client_country"],
        vat_number=vat_number,
        legal_id=legal_id,
        legal_scheme=legal_scheme,
        endpoint=endpoint,
        endpoint_scheme=scheme,
        contact_name=row["contact_name"],
        contact_email=row["contact_email"],
    )


def _fetches_herself(row: RowMapping) -> bool:
    """Consumers, and clients in states whose numbers Peppol has no scheme for."""
    return bool(row["client_kind"] == "consumer" or row["client_country"] != "BE")


def _stored(row: RowMapping, coop: Cooperative, today: dt.date) -> Stored:
    seller = _party(row["seller"]) or seller_party(coop)
    issued_on = row["issued_on"] or today
    return Stored(
        id=row["id"],
        state=row["state"],
        contract_id=row["contract_id"],
        member_id=row["member_id"],
        client_id=row["client_id"],
        contact_id=row["contact_id"],
        corrects_id=row["corrects_id"],
        number_format=row["number_format"],
        due_days=row["due_days"],
        title=row["title"],
        supply=row["supply"],
        treatment=row["treatment"],
        client_kind=row["client_kind"],
        member_exempt=row["vat_exempt"],
        member_name=row["member_name"],
        contact_email=row["contact_email"],
        contact_name=row["contact_name"],
        paid_minor=row["paid_minor"],
        credited_minor=row["credited_minor"],
        refundable_minor=row["refundable_minor"],
        issued_at=row["issued_at"],
        files=_files(row),
        frozen=FrozenInvoice(
            kind=row["kind"],
            number=row["number"] or "",
            language=row["language"],
            issued_on=issued_on,
            due_on=row["due_on"] or issued_on + dt.timedelta(days=row["due_days"]),
            delivered_on=row["delivered_on"],
            currency=row["currency"],
            buyer_reference=row["buyer_reference"],
            order_reference=row["order_reference"],
            contract_number=row["contract_number"],
            reason=row["reason"],
            preceding=Preceding(number=row["corrects_number"], issued_on=row["corrects_issued_on"])
            if row["corrects_number"]
            else None,
            seller=seller,
            buyer=_party(row["buyer"]) or _buyer(row, seller),
            iban=row["iban"] or coop.iban.replace(" ", ""),
            bic=coop.bic if row["bic"] is None else row["bic"],
            reference=row["reference"],
            lines=_LINES.decode(row["lines"] or "[]"),
            vat=_VAT.decode(row["vat"] or "[]"),
            net_minor=row["net_minor"],
            vat_minor=row["vat_minor"],
            total_minor=row["total_minor"],
        ),
    )


def _party(stored: str | None) -> Party | None:
    return msgspec.json.decode(stored, type=Party) if stored else None


def _files(row: RowMapping) -> dict[str, Any]:
    return {
        kind: row[f"{kind}_document_id"]
        for kind in ("pdf", "ubl", "cii")
        if row[f"{kind}_document_id"] is not None
    }
