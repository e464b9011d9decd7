"""What a document says: of a draft by today's facts, of an issued one by what it froze.

One statement reads the document, its lines, its VAT, the people around it and, for a credit note,
the invoice that it corrects. Issuing uses it with the rows locked, so an issue costs one read.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from babel.lists import format_list

from guild.core.ids import ContactId, ContractId, DocumentId, InvoiceId, MemberId, OrganisationId
from guild.core.pages import LOCALES
from guild.core.settings import Cooperative
from guild.core.transaction import Record
from guild.core.work import Work
from guild.invoicing.einvoice.build import (
    FrozenAdjustment,
    FrozenInvoice,
    FrozenLine,
    FrozenVat,
)
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.queries.parties import parties_of, struct_of
from guild.invoicing.rules.canonical import (
    SELF_BILLED,
    Attached,
    Delivery,
    Party,
    Payee,
    Preceding,
    References,
)
from guild.invoicing.rules.vat import VatFacts

COLUMNS: Final = """
SELECT i.id, i.kind, i.state, i.shared, i.contract_id, i.member_id, i.client_id, i.contact_id,
       i.corrects_id, i.number, i.number_format, i.issued_on, i.issued_at, i.due_days, i.due_on,
       i.delivered_on, i.title, i.contract_number, i.language, i.buyer_reference,
       i.order_reference, i.reason, i.supply, i.treatment, i.reference, i.currency,
       i.type_code, i.note, i.period_from, i.period_to, i.reduced_milli, i.place_country,
       i.place_region, i.buyer_vat_check, i.lines_minor, i.allowances_minor, i.charges_minor,
       i.net_minor, i.vat_minor, i.total_minor, i.prepaid_minor, i.rounding_minor,
       i.payable_minor, i.round_to, i.accounting_currency, i.exchange_rate, i.exchange_rate_on,
       i.exchange_rate_source, i.vat_accounting_minor, i.paid_minor, i.credited_minor,
       i.refundable_minor, i.written_off_minor, i.pdf_document_id, i.ubl_document_id,
       i.cii_document_id, i.report_document_id, i.verdict_hash,
       i.client_references::text AS client_references,
       i.preceding::text AS preceding,
       i.delivery::text AS delivery, i.payee::text AS payee,
       i.iban, i.bic, i.seller::text AS seller, i.buyer::text AS buyer,
       o.name AS client_name, o.kind AS client_kind, o.country AS client_country,
       o.vat_number AS client_vat_number, o.enterprise_number AS client_enterprise_number,
       o.street AS client_street, o.postcode AS client_postcode, o.city AS client_city,
       o.email AS client_email, c.name AS contact_name, c.email AS contact_email,
       m.vat_exempt, m.display_name AS member_name, m.legal_name AS member_legal_name,
       m.country AS member_country, m.street AS member_street, m.postcode AS member_postcode,
       m.city AS member_city, m.email AS member_email, m.vat_number AS member_vat_number,
       m.enterprise_number AS member_enterprise_number,
       p.number AS corrects_number, p.issued_on AS corrects_issued_on,
       p.seller::text AS corrects_seller, p.buyer::text AS corrects_buyer,
       (SELECT json_agg(json_build_object(
                   'position', l.position, 'text', l.text, 'detail', l.detail,
                   'quantity', l.quantity::text, 'unit', l.unit, 'price', l.price::text,
                   'base_quantity', l.base_quantity::text, 'treatment', l.treatment,
                   'reduced_milli', l.reduced_milli,
                   'net_minor', l.net_minor, 'category', l.category, 'rate_milli', l.rate_milli)
               ORDER BY l.position)::text
          FROM invoice_line l WHERE l.invoice_id = i.id) AS lines,
       (SELECT json_agg(to_json(a) ORDER BY a.position)::text
          FROM invoice_adjustment a WHERE a.invoice_id = i.id) AS adjustments,
       (SELECT json_agg(json_build_object(
                   'name', f.name, 'media_type', f.media_type, 'description', f.description,
                   'sha256', encode(d.sha256, 'hex')) ORDER BY f.position)::text
          FROM invoice_attachment f JOIN document d ON d.id = f.document_id
         WHERE f.invoice_id = i.id) AS attachments,
       (SELECT json_agg(json_build_object(
                   'tax', v.tax, 'category', v.category, 'rate_milli', v.rate_milli,
                   'taxable_minor', v.taxable_minor, 'vat_minor', v.vat_minor,
                   'reason_code', v.reason_code, 'reason', v.reason)
               ORDER BY v.tax, v.category, v.rate_milli)::text
          FROM invoice_vat v WHERE v.invoice_id = i.id) AS vat,
       CASE WHEN i.shared THEN
           (SELECT json_agg(json_build_object('name', w.display_name, 'net_minor', s.net_minor)
                   ORDER BY s.position)::text
              FROM invoice_share s JOIN member w ON w.id = s.member_id
             WHERE s.invoice_id = i.id) END AS crew
  FROM invoice i
  LEFT JOIN organisation o ON o.id = i.client_id
  LEFT JOIN contact c ON c.id = i.contact_id
  JOIN member m ON m.id = i.member_id
  LEFT JOIN invoice p ON p.id = i.corrects_id
 WHERE i.id = ANY ($1)
 ORDER BY i.id"""
COLUMNS_LOCKED: Final = f"{COLUMNS} FOR UPDATE OF i"

_LINES: Final = msgspec.json.Decoder(tuple[FrozenLine, ...])
_VAT: Final = msgspec.json.Decoder(tuple[FrozenVat, ...])
_ADJUSTMENTS: Final = msgspec.json.Decoder(tuple[FrozenAdjustment, ...])
_ATTACHED: Final = msgspec.json.Decoder(tuple[Attached, ...])
_PRECEDING: Final = msgspec.json.Decoder(tuple[Preceding, ...])


class CoWorker(msgspec.Struct, frozen=True):
    """One of the members whose work a shared document is, and her part of its net, minor units."""

    name: str
    net_minor: int


_CREW: Final = msgspec.json.Decoder(tuple[CoWorker, ...])


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
    shared: bool
    facts: VatFacts
    """What its tax is decided by, as it stands today."""
    member_name: str
    crew: tuple[CoWorker, ...]
    """All whose work it is, who drafted it first; none where it is one member's."""
    contact_email: str
    contact_name: str
    paid_minor: int
    credited_minor: int
    refundable_minor: int
    written_off_minor: int
    issued_at: dt.datetime | None
    files: dict[str, DocumentId]
    verdict_hash: bytes | None
    """The content that has passed all rules."""
    frozen: FrozenInvoice

    def worker(self, lang: str) -> str:
        """Whose work it is, as a reader of that language is told: “Ada, Ben and Cyd”."""
        names = [one.name for one in self.crew] or [self.member_name]
        return format_list(names, locale=LOCALES[lang])


async def document_data(
    work: Work, ids: Sequence[InvoiceId], *, lock: bool = False
) -> list[Stored]:
    """The documents in the order of their ids; absent ones are missing from the list."""
    rows = await work.fetch(COLUMNS_LOCKED if lock else COLUMNS, list(ids))
    return [_stored(row, work.settings.coop, work.today) for row in rows]


async def frozen_invoice(work: Work, invoice_id: InvoiceId) -> Stored:
    """One document; raises InvoiceNotFound."""
    found = await document_data(work, [invoice_id])
    if not found:
        raise InvoiceNotFound
    return found[0]


def _stored(row: Record, coop: Cooperative, today: dt.date) -> Stored:
    seller, buyer = parties_of(row, coop)
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
        shared=row["shared"],
        facts=_facts(row, coop, seller, buyer),
        member_name=row["member_name"],
        crew=_CREW.decode(row["crew"] or "[]"),
        contact_email=row["contact_email"] or row["member_email"],
        contact_name=row["contact_name"] or row["member_name"],
        paid_minor=row["paid_minor"],
        credited_minor=row["credited_minor"],
        refundable_minor=row["refundable_minor"],
        written_off_minor=row["written_off_minor"],
        issued_at=row["issued_at"],
        files=_files(row),
        verdict_hash=row["verdict_hash"],
        frozen=_frozen(row, coop, today, seller, buyer),
    )


def _facts(row: Record, coop: Cooperative, seller: Party, buyer: Party) -> VatFacts:
    if row["kind"] in SELF_BILLED:
        return VatFacts(
            on=row["delivered_on"],
            seller_country=seller.country,
            seller_exempt=row["vat_exempt"],
            buyer_kind="company",
            buyer_country=buyer.country,
            buyer_postcode=buyer.postcode,
            buyer_vat_number=buyer.vat_number,
            buyer_vat_check="valid",  # the co-operative knows its own number
            supply=row["supply"],
            treatment=row["treatment"],
        )
    return VatFacts(
        on=row["delivered_on"],
        seller_country=seller.country,
        seller_region=coop.region,
        seller_exempt=row["vat_exempt"],
        one_stop_shop=coop.one_stop_shop,
        buyer_kind=row["client_kind"],
        buyer_country=buyer.country,
        buyer_postcode=buyer.postcode,
        buyer_vat_number=buyer.vat_number,
        buyer_vat_check=row["buyer_vat_check"],
        supply=row["supply"],
        treatment=row["treatment"],
        reduced_milli=row["reduced_milli"],
        place_country=row["place_country"] or "",
        place_region=row["place_region"],
    )


def _frozen(
    row: Record, coop: Cooperative, today: dt.date, seller: Party, buyer: Party
) -> FrozenInvoice:
    issued_on = row["issued_on"] or today
    same = {name: row[name] for name in _SAME}
    return FrozenInvoice(
        **same,
        number=row["number"] or "",
        issued_on=issued_on,
        due_on=row["due_on"] or issued_on + dt.timedelta(days=row["due_days"]),
        period=(row["period_from"], row["period_to"]) if row["period_from"] else None,
        references=struct_of(row["client_references"], References) or References(),
        preceding=_preceding(row),
        delivery=struct_of(row["delivery"], Delivery),
        payee=struct_of(row["payee"], Payee),
        seller=seller,
        buyer=buyer,
        iban=_iban(row, coop),
        bic=_bic(row, coop),
        lines=_LINES.decode(row["lines"] or "[]"),
        adjustments=_ADJUSTMENTS.decode(row["adjustments"] or "[]"),
        attachments=_ATTACHED.decode(row["attachments"] or "[]"),
        vat=_VAT.decode(row["vat"] or "[]"),
    )


def _iban(row: Record, coop: Cooperative) -> str:
    """Where to pay; a self-billed document was paid before it was written."""
    if row["iban"] is not None:
        return str(row["iban"])
    return "" if row["kind"] in SELF_BILLED else coop.iban.replace(" ", "")


def _bic(row: Record, coop: Cooperative) -> str:
    if row["bic"] is not None:
        return str(row["bic"])
    return "" if row["kind"] in SELF_BILLED else coop.bic


_SAME: Final = (
    "kind",
    "type_code",
    "language",
    "delivered_on",
    "currency",
    "buyer_reference",
    "order_reference",
    "contract_number",
    "reason",
    "note",
    "reference",
    "lines_minor",
    "allowances_minor",
    "charges_minor",
    "net_minor",
    "vat_minor",
    "total_minor",
    "prepaid_minor",
    "rounding_minor",
    "payable_minor",
    "round_to",
    "accounting_currency",
    "exchange_rate",
    "exchange_rate_on",
    "exchange_rate_source",
    "vat_accounting_minor",
)
"""What a frozen document holds under the column's own name."""


def _preceding(row: Record) -> tuple[Preceding, ...]:
    more = _PRECEDING.decode(row["preceding"] or "[]")
    if not row["corrects_number"]:
        return more
    corrected = Preceding(number=row["corrects_number"], issued_on=row["corrects_issued_on"])
    return (corrected, *more)


def _files(row: Record) -> dict[str, Any]:
    return {
        kind: row[f"{kind}_document_id"]
        for kind in ("pdf", "ubl", "cii", "report")
        if row[f"{kind}_document_id"] is not None
    }
