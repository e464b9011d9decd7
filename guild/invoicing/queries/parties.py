"""Who stands on a document: as it froze them, or as the parties are today."""

from functools import lru_cache
from typing import TypeVar

import msgspec

from guild.core.settings import Cooperative
from guild.core.transaction import Record
from guild.invoicing.rules.canonical import SELF_BILLED, Party
from guild.invoicing.rules.parties import endpoint_of, legal_id_of

T = TypeVar("T")


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
        contact_name=coop.contact_name,
        contact_email=coop.email,
        contact_phone=coop.phone,
        tax_numbers=tuple(coop.tax_numbers.items()),
    )


@lru_cache(4_096)
def compact(number: str | None) -> str:
    """A VAT number without the signs that people set between its digits."""
    return "".join(sign for sign in (number or "").upper() if sign.isalnum())


def _buyer(row: Record, seller: Party) -> Party:
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


def _fetches_herself(row: Record) -> bool:
    """Consumers, and clients in states whose numbers Peppol has no scheme for."""
    return bool(row["client_kind"] == "consumer" or row["client_country"] != "BE")


def member_party(row: Record) -> Party:
    """The member as the supplier of the co-operative."""
    number = row["member_enterprise_number"] or ""
    vat_number = compact(row["member_vat_number"])
    legal_id, legal_scheme = legal_id_of(row["member_country"], number)
    endpoint, scheme = endpoint_of(row["member_country"], number, vat_number)
    return Party(
        name=row["member_legal_name"],
        street=row["member_street"] or "",
        postcode=row["member_postcode"] or "",
        city=row["member_city"] or "",
        country=row["member_country"],
        vat_number=vat_number,
        legal_id=legal_id,
        legal_scheme=legal_scheme,
        endpoint=endpoint,
        endpoint_scheme=scheme,
        contact_name=row["member_name"],
        contact_email=row["member_email"],
    )


def parties_of(row: Record, coop: Cooperative) -> tuple[Party, Party]:
    """Seller and buyer; on a self-billed document the member sells to the co-operative.

    A note that corrects names the parties as the corrected document does.
    """
    sold = party_of(row["seller"] or row["corrects_seller"])
    bought = party_of(row["buyer"] or row["corrects_buyer"])
    if row["kind"] in SELF_BILLED:
        return sold or member_party(row), bought or seller_party(coop)
    seller = sold or seller_party(coop)
    return seller, bought or _buyer(row, seller)


def struct_of(stored: str | None, kind: type[T]) -> T | None:
    """A value that was stored as JSON text, or nothing."""
    return msgspec.json.decode(stored, type=kind) if stored else None


def party_of(stored: str | None) -> Party | None:
    """A party as a document froze it, or nothing."""
    return struct_of(stored, Party)
