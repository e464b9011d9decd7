"""The EPC QR code (European Payments Council, EPC069-12): scan it and the transfer is filled in.

Version 002, SEPA credit transfer in euro. A creditor reference goes into the structured field; a
Belgian communication must not (banks drop what is not ISO 11649 there), so it travels as text in
the form `+++…+++` that Belgian banking apps recognise.
"""

from decimal import Decimal
from io import BytesIO
from typing import Final

import segno
from segno import helpers

from guild.invoicing.rules.references import is_rf, print_ogm

LARGEST_MINOR: Final = 99_999_999_999
"""EPC069-12: at most 999 999 999.99 euro."""


def epc_code(
    *, name: str, iban: str, bic: str, amount_minor: int, reference: str
) -> segno.QRCode | None:
    """The code for an amount in euro cents; None when nothing can be paid by one."""
    if not 0 < amount_minor <= LARGEST_MINOR:
        return None
    return helpers.make_epc_qr(
        name=name[:70],
        iban=iban,
        bic=bic or None,
        amount=Decimal(amount_minor).scaleb(-2),
        reference=reference if is_rf(reference) else None,
        text=None if is_rf(reference) else print_ogm(reference),
        encoding=1,
    )


def epc_svg(code: segno.QRCode, *, title: str) -> str:
    """The code as inline SVG with an accessible title; sized by its container."""
    stream = BytesIO()
    code.save(
        stream,
        kind="svg",
        border=0,
        xmldecl=False,
        svgns=True,
        title=title,
        svgclass="qr",
        lineclass=None,
        omitsize=True,
        nl=False,
    )
    return stream.getvalue().decode()
