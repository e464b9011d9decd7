"""What can be said against a received invoice without any rule file: is it whole, does it add up.

The identifiers are those of EN 16931-1 and Peppol BIS Billing 3.0, so that a supplier's software
people know at once what is meant. Pure arithmetic on Decimals.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from stdnum.eu import vat as eu_vat

from guild.exchange.rules.received import Finding, ReceivedInvoice

CENT: Final = Decimal("0.01")
NEAR: Final = Decimal("0.02")
"""What Peppol R120 allows between a line's amount and quantity × price."""
CHARGED: Final = "S"
STATES: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
})  # fmt: skip
"""Prefixes of VAT numbers in the EU (VIES)."""


def findings_of(invoice: ReceivedInvoice) -> tuple[Finding, ...]:
    """Everything that does not hold, errors first."""
    found = [*_whole(invoice), *_sums(invoice), *_taxes(invoice), *_lines(invoice), *_odd(invoice)]
    return tuple(sorted(found, key=lambda one: one.level))


def _error(rule: str, text: str, field: str = "") -> Finding:
    return Finding(rule=rule, level="error", text=text, field=field)


def _warning(rule: str, text: str, field: str = "") -> Finding:
    return Finding(rule=rule, level="warning", text=text, field=field)


def _whole(invoice: ReceivedInvoice) -> Iterator[Finding]:
    if not invoice.number:
        yield _error("BR-02", "The invoice has no number.", "number")
    if not invoice.type_code:
        yield _error("BR-04", "The invoice does not say what kind of document it is.", "type_code")
    if not invoice.seller.name:
        yield _error("BR-06", "The supplier has no name.", "seller.name")
    if not invoice.buyer.name:
        yield _error("BR-07", "It does not say whom it is for.", "buyer.name")
    if not invoice.seller.country:
        yield _error("BR-09", "The supplier's country is missing.", "seller.country")
    if not invoice.lines:
        yield _warning("BR-16", "It has no lines, so what was bought cannot be checked.", "lines")
    if not (invoice.seller.vat_number or invoice.seller.legal_id):
        yield _error("BR-CO-26", "The supplier gives neither a VAT nor a company number.", "seller")


def _sums(invoice: ReceivedInvoice) -> Iterator[Finding]:
    """BR-CO-10 to BR-CO-16 of EN 16931-1, in the order in which a reader would add."""
    lines = sum((line.net for line in invoice.lines), Decimal(0))
    checks = (
        ("BR-CO-10", "The lines make {}, the invoice says {}.", lines, invoice.line_total,
         bool(invoice.lines)),
        ("BR-CO-11", "The allowances make {}, the invoice says {}.",
         sum(invoice.allowances, Decimal(0)), invoice.allowance_total, True),
        ("BR-CO-12", "The charges make {}, the invoice says {}.",
         sum(invoice.charges, Decimal(0)), invoice.charge_total, True),
        ("BR-CO-13", "Before VAT it should be {}, the invoice says {}.",
         invoice.line_total - invoice.allowance_total + invoice.charge_total, invoice.net,
         bool(invoice.lines)),
        ("BR-CO-15", "With VAT it should be {}, the invoice says {}.",
         invoice.net + invoice.vat_total, invoice.total, True),
        ("BR-CO-16", "To pay should be {}, the invoice says {}.",
         invoice.total - invoice.prepaid + invoice.rounding, invoice.payable, True),
    )  # fmt: skip
    for rule, words, expected, said, asked in checks:
        if asked and expected != said:
            yield _error(rule, words.format(f"{expected:f}", f"{said:f}"), "totals")


def _taxes(invoice: ReceivedInvoice) -> Iterator[Finding]:
    made = sum((row.vat for row in invoice.vat), Decimal(0))
    if invoice.vat and made != invoice.vat_total:
        yield _error(
            "BR-CO-14", f"The VAT rows make {made:f}, the invoice says {invoice.vat_total:f}.",
            "vat_total",
        )  # fmt: skip
    for row in invoice.vat:
        expected = (row.taxable * (row.rate or 0) / 100).quantize(CENT, ROUND_HALF_UP)
        if abs(expected - row.vat) > CENT:
            yield _error(
                "BR-CO-17",
                f"VAT of {row.rate or 0:f} % on {row.taxable:f} is {expected:f}, "
                f"the invoice says {row.vat:f}.",
                "vat",
            )
        if row.category not in {CHARGED, "Z"} and not row.reason:
            yield _warning(
                f"BR-{row.category or '??'}-10",
                "No VAT is charged and the invoice does not say why.", "vat",
            )  # fmt: skip
    if invoice.lines and invoice.vat:
        yield from _groups(invoice)


def _groups(invoice: ReceivedInvoice) -> Iterator[Finding]:
    """BR-S-08 and its kin: each row's base is what its lines make, unless parts move it."""
    if invoice.allowances or invoice.charges:
        return
    bases: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for line in invoice.lines:
        bases[line.category, line.rate or Decimal(0)] += line.net
    for row in invoice.vat:
        base = bases.get((row.category, row.rate or Decimal(0)), Decimal(0))
        if abs(base - row.taxable) > CENT:
            yield _error(
                f"BR-{row.category}-08",
                f"The lines at {row.rate or 0:f} % make {base:f}, the VAT is reckoned on "
                f"{row.taxable:f}.",
                "vat",
            )


def _lines(invoice: ReceivedInvoice) -> Iterator[Finding]:
    for place, line in enumerate(invoice.lines[:200], 1):
        base = line.base_quantity or Decimal(1)
        expected = line.quantity * line.price / base - line.allowances + line.charges
        if abs(expected.quantize(CENT, ROUND_HALF_UP) - line.net) > NEAR:
            yield _error(
                "PEPPOL-EN16931-R120",
                f"Line {line.id or place}: {line.quantity:f} × {line.price:f} is "
                f"{expected.quantize(CENT, ROUND_HALF_UP):f}, the line says {line.net:f}.",
                f"lines.{place - 1}",
            )
        if line.price < 0:
            yield _error("BR-27", f"Line {line.id or place} has a price below zero.", "lines")


def _odd(invoice: ReceivedInvoice) -> Iterator[Finding]:
    """What the official rules do not ask, and a treasurer would."""
    number = invoice.seller.vat_number
    if number[:2] in STATES and not eu_vat.is_valid(number):
        yield _warning(
            "GUILD-VAT", f"The check digits of the VAT number {number} do not hold.", "seller"
        )
    if invoice.iban and not iban_holds(invoice.iban):
        yield _warning(
            "GUILD-IBAN",
            "The account to pay to has wrong check digits. Ask the supplier by telephone, at a "
            "number you know.",
            "iban",
        )
    if invoice.payable < 0 or invoice.total < 0:
        yield _error("GUILD-SIGN", "A sum below zero belongs on a credit note.", "payable")
    if invoice.prepaid:
        yield _warning("GUILD-PREPAID", f"{invoice.prepaid:f} is said to be paid already.")
    if invoice.due_on and invoice.due_on < invoice.issued_on:
        yield _warning("GUILD-DUE", "It is due before it was issued.", "due_on")
    if any(row.category in {"AE", "K"} for row in invoice.vat):
        yield _warning(
            "GUILD-REVERSE",
            "The co-operative owes the VAT itself (reverse charge); the accountant declares it.",
        )


def iban_holds(iban: str) -> bool:
    """Length and modulo 97 of an IBAN (ISO 13616); foreign account numbers do not hold."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
