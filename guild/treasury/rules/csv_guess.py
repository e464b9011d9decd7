"""Proposes how a bank's CSV may be read, from the words of its header; a person corrects it."""

import csv
import re
from datetime import datetime

from guild.treasury.errors import StatementUnreadable
from guild.treasury.rules.csv_files import (
    DATE_FORMATS,
    HEADER_WITHIN,
    CsvMapping,
    DateFormat,
    decoded,
)

GUESSES: dict[str, tuple[str, ...]] = {
    "booked_on": ("booking date", "buchungstag", "buchungsdatum", "boekingsdatum",
                  "uitvoeringsdatum", "date de comptabilisation", "date comptable",
                  "date d'exécution", "date opération", "datum", "date"),
    "valued_on": ("value date", "valutadatum", "wertstellung", "date valeur", "valuta"),
    "amount": ("amount", "betrag", "bedrag", "montant", "transaction amount"),
    "direction": ("direction", "af bij", "debit/credit", "soll/haben", "dc", "sens",
                  "credit/debit"),
    "credit": ("credit", "crédit", "haben", "bij", "deposit", "paid in"),
    "debit": ("debit", "débit", "soll", "af", "withdrawal", "paid out"),
    "counterparty": ("counterparty", "name", "naam tegenpartij", "nom contrepartie",
                     "nom de la contrepartie", "beguenstigter/zahlungspflichtiger", "tegenpartij",
                     "naam / omschrijving", "counterparty name", "payee", "payer", "contrepartie"),
    "counterparty_iban": ("counterparty account", "counterparty iban", "tegenrekening",
                          "rekening tegenpartij", "compte contrepartie", "kontonummer/iban",
                          "compte de la contrepartie", "iban"),
    "structured": ("structured communication", "gestructureerde mededeling", "structured reference",
                   "communication structurée", "betalingskenmerk", "reference structuree"),
    "reference": ("transaction reference", "bank reference", "referentie", "volgnummer",
                  "transactiereferentie", "numéro de séquence", "reference", "référence", "id"),
    "end_to_end_id": ("end to end id", "end-to-end reference", "kundenreferenz (end-to-end)"),
    "balance": ("balance", "saldo", "solde", "saldo na mutatie", "running balance"),
    "currency": ("currency", "währung", "munt", "devise", "muntsoort", "devise du compte"),
    "own_account": ("account", "account number", "rekeningnummer", "rekening", "compte",
                    "numéro de compte", "auftragskonto"),
}  # fmt: skip
TEXT_GUESSES = ("description", "remittance information", "mededeling", "mededelingen", "details",
                "omschrijving", "communication", "communications", "verwendungszweck", "libellé",
                "vrije mededeling", "communication libre", "free communication", "memo",
                "détails")  # fmt: skip


def guess(content: bytes) -> tuple[CsvMapping, list[str]]:
    """A mapping proposed from the words of the header and the looks of the rows, and the header.

    Raises StatementUnreadable when no line looks like a header: then it is no CSV of a bank.
    """
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    try:
        text = decoded(content, encoding)
    except StatementUnreadable:
        encoding, text = "windows-1252", decoded(content, "windows-1252")
    lines = [line for line in text.splitlines()[: HEADER_WITHIN + 30] if line.strip()]
    delimiter = max(";,\t|", key=lambda sign: sum(line.count(sign) for line in lines))
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    known = {word for words in GUESSES.values() for word in words} | set(TEXT_GUESSES)
    hits = [sum(cell.casefold() in known for cell in row) for row in rows[: HEADER_WITHIN + 1]]
    if not hits or max(hits) < 2:
        raise StatementUnreadable(
            "No line of the file looks like the header of a bank's table.",
            mend="Export as CSV with column names, as camt.053 or as CODA.",
        )
    at = hits.index(max(hits))
    named = {name.casefold(): name for name in reversed(rows[at]) if name}
    found = {
        field: next((named[word] for word in words if word in named), "")
        for field, words in GUESSES.items()
    }
    if found["amount"]:
        found["credit"] = found["debit"] = ""
    if not found["booked_on"]:
        found["booked_on"] = rows[at][0] or "date"
    sample = rows[at + 1 :]
    column = {name: number for number, name in enumerate(rows[at])}

    def cells(name: str) -> list[str]:
        return [row[column[name]] for row in sample if name in column and column[name] < len(row)]

    amounts = cells(found["amount"] or found["credit"]) + cells(found["debit"])
    return CsvMapping(
        **found,
        text=[named[word] for word in TEXT_GUESSES if word in named][:6],
        debit_words=_debit_words(cells(found["direction"])),
        date_format=_date_format(cells(found["booked_on"])),
        decimal="." if any(re.search(r"\.\d{1,2}$", one) for one in amounts) else ",",
        delimiter=delimiter,  # type: ignore[arg-type]  # one of the four signs above
        encoding=encoding,  # type: ignore[arg-type]  # one of the three above
    ), rows[at]  # fmt: skip


def _debit_words(cells: list[str]) -> list[str]:
    out = {"d", "debit", "débit", "dbit", "af", "soll", "s", "-", "out"}
    return sorted({cell for cell in cells if cell.casefold() in out})


def _date_format(cells: list[str]) -> DateFormat:
    """The first format in which every date of the sample can be read."""
    for name, written in DATE_FORMATS.items():
        try:
            for cell in cells:
                datetime.strptime(cell[:10], written)  # noqa: DTZ007
        except ValueError:
            continue
        if cells:
            return name  # type: ignore[return-value]  # the keys are the literals
    return "DD/MM/YYYY"
