"""What every printed sheet shares, and what a rendering is asked for and answers.

Sheets hold typed values only: integers in minor units, dates, codes. Words live in the label files
beside the templates, one set per language; free text appears only where people or the law wrote it.
"""

import datetime as dt
from typing import Literal

import msgspec

Language = Literal["en", "fr", "nl", "de"]


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends the sheet. `address` has no country line; `country` is ISO 3166 alpha-2.

    `register` is the register of companies and its seat as the law wants it printed ("RPR
    Brussels").
    """

    name: str
    address: tuple[str, ...]
    country: str
    vat_number: str
    register: str
    email: str


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the sheet goes to: at most four lines of address, shown in an envelope's window.

    The country is printed by itself when it is not the sender's.
    """

    name: str
    address: tuple[str, ...]
    country: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file carried inside the PDF.

    `relationship` is the AFRelationship of PDF/A-3: "Alternative" for a Factur-X invoice (Germany
    wants it so), "Data" for evidence, "Source" for what the sheet was made from.
    """

    name: str
    data: bytes
    media_type: str
    description: str
    relationship: Literal["Alternative", "Data", "Source", "Supplement"]


class PrintOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One PDF to make: HTML in, PDF/A-3b out. Two equal orders give two equal byte strings.

    `created` (aware UTC) is the only time that enters the file. `facturx_profile` is the
    conformance level written into the XMP ("EN 16931"); empty when no factur-x.xml is attached.
    """

    html: str
    lang: Language
    created: dt.datetime
    attachments: tuple[Attachment, ...]
    facturx_profile: str
