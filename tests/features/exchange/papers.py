"""Invoices of suppliers to the co-operative, written by somebody else's software (eu-einvoice)."""

from io import BytesIO
from typing import Any

import pikepdf
from eu_einvoice import cii as their_cii  # type: ignore[import-untyped]
from eu_einvoice import model as their_model
from eu_einvoice import profiles as their_profiles
from eu_einvoice import ubl as their_ubl
from lxml import etree

SUPPLIER = {
    "name": "Papier & Fils SA",
    "vat_id": "BE0403019261",
    "legal_id": {"id": "0403019261", "scheme": "0208"},
    "electronic_address": {"id": "0403019261", "scheme": "0208"},
    "address": {"line1": "Rue Haute 7", "city": "Bruxelles", "postal_code": "1000",
                "country": "BE"},
    "contact": {"name": "Claire", "email": "claire@papier.example"},
}  # fmt: skip
COOP = {
    "name": "Guild Example Cooperative",
    "vat_id": "BE0123456749",
    "legal_id": {"id": "0123456749", "scheme": "0208"},
    "electronic_address": {"id": "0123456749", "scheme": "0208"},
    "address": {"line1": "Rue du Compagnonnage 1", "city": "Bruxelles", "postal_code": "1000",
                "country": "BE"},
}  # fmt: skip


def paper(**changed: Any) -> dict[str, Any]:
    """What eu-einvoice wants to be told: paper for 242.00, two lines, an order number."""
    return {
        "profile": "peppol",
        "type": "invoice",
        "number": "F-2026-118",
        "issue_date": "2026-11-20",
        "due_date": "2026-12-20",
        "delivery_date": "2026-11-19",
        "currency": "EUR",
        "buyer_reference": "desk 4",
        "order_reference": "PO-1",
        "seller": SUPPLIER,
        "buyer": COOP,
        "payment": {
            "means_code": "30",
            "remittance_info": "118",
            "credit_transfers": [{"iban": "BE68539007547034", "bic": "GKCCBEBB"}],
        },
        "lines": [
            {"name": "Paper, A2", "quantity": "100", "unit": "C62", "price": "1.50",
             "vat_category": "S", "vat_rate": "21"},
            {"name": "Delivery", "quantity": "1", "unit": "C62", "price": "50.00",
             "vat_category": "S", "vat_rate": "21"},
        ],
        **changed,
    }  # fmt: skip


def ubl(**changed: Any) -> bytes:
    """As UBL, Peppol BIS Billing 3.0."""
    return _emitted(their_ubl, paper(**changed), "peppol")


def cii(**changed: Any) -> bytes:
    """As CII, the EN 16931 profile of Factur-X."""
    return _emitted(their_cii, paper(profile="facturx", **changed), "facturx")


def _emitted(emitter: Any, told: dict[str, Any], profile: str) -> bytes:
    prepared, issues = their_model.prepare(told, profile)
    assert prepared is not None, issues
    made = emitter.generate(prepared, their_profiles.PROFILES[profile])
    return made if isinstance(made, bytes) else etree.tostring(made)


def pdf_with(*files: tuple[str, bytes], packed: bool = True) -> bytes:
    """A one-page PDF that carries these files."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    for name, data in files:
        spec = pikepdf.AttachedFileSpec(
            pdf, data, filename=name, mime_type="text/xml", description="", creation_date="",
            mod_date="",
        )  # fmt: skip
        pdf.attachments[name] = spec
    out = BytesIO()
    pdf.save(out, compress_streams=packed)
    return out.getvalue()
