"""Making an export part by part; each part commits how far it is and asks for the next.

A part is written whole under its own name before its count is committed, so that a part which is
made twice after a crash is the same file, and nothing is in the export twice.
"""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from guild.core.ids import DocumentId, ExportId
from guild.core.money import Money
from guild.core.work import Work
from guild.documents.commands import write_durably
from guild.documents.queries import read
from guild.exports import queries
from guild.exports.commands.places import file_path, part_path
from guild.exports.models import EXPORT, Export
from guild.exports.rules.csv_text import Amount, csv_bytes
from guild.exports.rules.intervat import Declarant, clients_xml, intra_xml
from guild.exports.rules.kinds import QUARTER, is_month
from guild.exports.rules.listings import (
    VatLine,
    clients_be,
    intra_community,
    vat_totals,
)
from guild.ledger import queries as ledger

BATCH: Final = 200
KEEP: Final = timedelta(days=7)
STAMP: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every entry of a zip, so that the same content makes the same bytes."""


class File(NamedTuple):
    """One entry of the zip."""

    name: str
    data: bytes


async def make_part(work: Work, export_id: ExportId, number: int) -> bool:
    """Make one part and note how far it is; True when there is another to make."""
    row = await work.session.get(Export, export_id, with_for_update=True)
    if row is None or row.state not in {"waiting", "running"}:
        return False
    files, advanced = await _files(work, row, number)
    zipped = await asyncio.to_thread(zip_bytes, files)
    await asyncio.to_thread(write_durably, part_path(work, export_id, number), zipped)
    EXPORT.move(row, "go_on")
    row.done = min(row.done + advanced, row.total)
    if row.kind == "documents" and row.done < row.total:
        return True
    await _finish(work, row, number + 1)
    return False


async def _files(work: Work, row: Export, number: int) -> tuple[list[File], int]:
    if row.kind == "documents":
        return await _documents(work, row, number)
    return await MAKERS[row.kind](work, row), 1


async def _documents(work: Work, row: Export, number: int) -> tuple[list[File], int]:
    batch = await queries.documents_after(work, row, row.done, BATCH)
    files = []
    for one in batch:
        stem = f"{one.issued_on:%Y-%m}/{one.number}"
        for document_id, ending in (
            (one.pdf, ".pdf"),
            (one.ubl, "-ubl.xml"),
            (one.cii, "-cii.xml"),
        ):
            if document_id is not None:
                files.append(File(stem + ending, await read(work, DocumentId(document_id))))
    header = ("number", "kind", "issued_on", "client", "total", "currency", "files")
    listed = [
        (
            one.number,
            one.kind,
            one.issued_on,
            one.buyer,
            _amount(one.total_minor, one.currency),
            one.currency,
            sum(document is not None for document in (one.pdf, one.ubl, one.cii)),
        )
        for one in batch
    ]
    files.append(File(f"list-{number + 1:05d}.csv", csv_bytes(header, listed)))
    return files, len(batch)


async def _vat(work: Work, row: Export) -> list[File]:
    lines = await queries.vat_lines(work, row)
    header = (
        "number", "kind", "issued_on", "client", "country", "vat_number", "category",
        "rate_percent", "taxable", "vat", "currency", "reason_code", "reason",
    )  # fmt: skip
    listed = [
        (
            line.number, line.kind, line.issued_on, line.buyer_name, line.buyer_country,
            line.buyer_vat, line.category, line.rate_percent,
            _amount(line.taxable_minor, line.currency), _amount(line.vat_minor, line.currency),
            line.currency, line.reason_code, line.reason,
        )
        for line in lines
    ]  # fmt: skip
    return [File("vat-lines.csv", csv_bytes(header, listed)), _totals(lines)]


def _totals(lines: Sequence[VatLine]) -> File:
    header = ("category", "rate_percent", "currency", "documents", "taxable", "vat")
    listed = [
        (
            one.category, one.rate_percent, one.currency, one.documents,
            _amount(one.taxable_minor, one.currency), _amount(one.vat_minor, one.currency),
        )
        for one in vat_totals(lines)
    ]  # fmt: skip
    return File("vat-totals.csv", csv_bytes(header, listed))


async def _clients_be(work: Work, row: Export) -> list[File]:
    clients = clients_be(await queries.vat_lines(work, row))
    header = ("vat_number", "client", "turnover", "vat")
    listed = [
        (f"BE{one.number}", one.name, _amount(one.turnover_minor), _amount(one.vat_minor))
        for one in clients
    ]
    xml = clients_xml(_declarant(work), row.first_day.year, clients)
    return [
        File(f"clients-{row.first_day.year}.xml", xml),
        File("clients.csv", csv_bytes(header, listed)),
    ]


async def _intra(work: Work, row: Export) -> list[File]:
    coop = work.settings.coop
    clients = intra_community(await queries.vat_lines(work, row), coop.country)
    header = ("country", "vat_number", "client", "code", "amount")
    listed = [
        (one.country, one.number, one.name, one.code, _amount(one.amount_minor)) for one in clients
    ]
    files = [File("intra-community.csv", csv_bytes(header, listed))]
    if coop.country == "BE":
        monthly = is_month(row.first_day, row.last_day)
        xml = intra_xml(
            _declarant(work),
            year=row.first_day.year,
            month=row.first_day.month if monthly else None,
            quarter=None if monthly else (row.first_day.month - 1) // QUARTER + 1,
            clients=clients,
        )
        files.append(File("intra-community.xml", xml))
    return files


async def _books(work: Work, row: Export) -> list[File]:
    files = []
    for year in range(row.first_day.year, row.last_day.year + 1):
        hledger, beancount = (
            await ledger.journal_hledger(work, year),
            await ledger.journal_beancount(work, year),
        )
        files.append(File(f"{year}.journal", hledger.encode()))
        files.append(File(f"{year}.beancount", beancount.encode()))
    header = ("day", "entry", "kind", "text", "account", "owner", "amount", "currency")
    listed = [
        (
            one.day, str(one.entry_id), one.kind, one.text, one.account, str(one.owner or ""),
            _amount(one.amount_minor, one.currency), one.currency,
        )
        for one in await queries.postings(work, row.first_day, row.last_day)
    ]  # fmt: skip
    return [*files, File("postings.csv", csv_bytes(header, listed))]


MAKERS: Final[dict[str, Callable[[Work, Export], Awaitable[list[File]]]]] = {
    "vat": _vat,
    "clients_be": _clients_be,
    "intra_community": _intra,
    "books": _books,
}


def _amount(minor: int, currency: str = "EUR") -> Amount:
    return Amount(Money(minor, currency).text)


def _declarant(work: Work) -> Declarant:
    coop = work.settings.coop
    return Declarant(
        number=coop.enterprise_number,
        name=coop.name,
        street=coop.street,
        postcode=coop.postcode,
        city=coop.city,
        country=coop.country,
        email=coop.email,
    )


async def _finish(work: Work, row: Export, parts: int) -> None:
    paths = [part_path(work, row.id, number) for number in range(parts)]
    whole = await asyncio.to_thread(_joined, paths)
    await asyncio.to_thread(write_durably, file_path(work, row.id), whole)
    for path in paths:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    EXPORT.move(row, "finish")
    row.sha256, row.size = hashlib.sha256(whole).digest(), len(whole)
    row.ready_at, row.expires_at = work.now, work.now + KEEP


def _joined(paths: Sequence[Path]) -> bytes:
    if len(paths) == 1:
        return paths[0].read_bytes()
    files = []
    for path in paths:
        with zipfile.ZipFile(path) as part:
            files += [File(name, part.read(name)) for name in part.namelist()]
    return zip_bytes(files)


def zip_bytes(files: Sequence[File]) -> bytes:
    """A zip of the files in their order; equal files make equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for one in files:
            entry = zipfile.ZipInfo(one.name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, one.data)
    return out.getvalue()
