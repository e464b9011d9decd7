"""From a case to its files: through the product's commands, as a member and a client would."""

import hashlib
import re
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from lxml import etree
from PIL import Image
from sqlalchemy import text, update

from guild import features
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import System, Work, begin_work
from guild.documents.commands import store
from guild.documents.press import Press
from guild.documents.schemas import PrintOrder
from guild.governance.queries import charter_at
from guild.invoicing import commands
from guild.invoicing.commands.filing import print_document
from guild.invoicing.einvoice.reckon import reckoned
from guild.invoicing.models import Invoice, InvoiceAttachment
from guild.invoicing.queries.documents import Stored, document_data, frozen_invoice
from guild.invoicing.rules.canonical import Preceding
from guild.invoicing.schemas.drafts import DraftTerms
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, credit, debit
from guild.members.models import Member
from tests.factories import Factories
from tests.golden.invoice_cases import BELGIAN, Case, Credit, Pay

SERIALS = {"invoice_reference_serial": 4_711}
"""Sequences are not rolled back, so each case sets them."""
SHAPES = {
    "self_bill": "SB-2026-0001", "self_bill_credit": "SBC-2026-0001", "proforma": "PF-0001",
}  # fmt: skip
DPI = 50
GREYS = 16
POSTINGS = """
    SELECT e.kind, e.text, a.code, p.amount_minor, a.currency,
           coalesce(m.legal_name, o.name, '') AS owner
      FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id
      JOIN ledger_account a ON a.id = p.account_id
      LEFT JOIN member m ON m.id = a.owner LEFT JOIN organisation o ON o.id = a.owner
     ORDER BY e.id, p.position"""


class OnePress:
    """The press in this process instead of a child: the pipe between is tested with the pool."""

    def __init__(self, press: Press) -> None:
        self.press = press

    async def render(self, order: PrintOrder) -> bytes:
        """The PDF of an order."""
        return self.press.pdf(order)


class Maker:
    """Makes the files of cases on a System that is rolled back after each."""

    def __init__(self, system: System, press: Press) -> None:
        self.outer = system
        self.press = OnePress(press)

    async def files(self, case: Case) -> dict[str, bytes]:
        """The kept files of a case by their ending."""
        coop = msgspec.structs.replace(self.outer.settings.coop, **case.coop)
        settings = msgspec.structs.replace(self.outer.settings, coop=coop)
        system = features.system_on(
            settings, self.outer.engine, self.outer.sessions, self.outer.readers,
            clock=self.outer.clock, nested=True,
        )  # fmt: skip
        system.resources.update(self.outer.resources)
        system.resources["documents.pool"] = self.press
        await set_serials(settings.owner_url)
        member, invoice_id = await self._issued(system, case)
        async with begin_work(system, SYSTEM) as work:
            stored, original = await self._document(work, case, member, invoice_id)
            charter = await charter_at(work, work.now)
            stored = msgspec.structs.replace(stored, issued_at=work.now)
            made = await print_document(work, stored, charter, original)
            rows = await work.session.execute(text(POSTINGS))
            table = ledger_table(case, list(rows))
        report = msgspec.json.decode(made["report"])
        assert [one for one in report["findings"] if one["fatal"]] == []
        return {
            "ledger.md": table,
            **{f"{kind}.xml": pretty(made[kind]) for kind in ("ubl", "cii") if kind in made},
            **pages(made["pdf"]),
        }

    async def _issued(self, system: System, case: Case) -> tuple[Member, InvoiceId]:
        """The draft of a case, issued where its kind is; and what came after."""
        make = Factories(system)
        member = await make.member(**{"legal_name": "Ada Voorbeeld", **case.member})
        client = await make.organisation(member, **{**BELGIAN, **case.client})
        contract = await make.signed_contract(member, client, **case.contract)
        currency = contract.currency
        async with begin_work(system, make.actor(member)) as work:
            invoice_id = await commands.draft_invoice_from_milestones(
                work, contract.id, terms=msgspec.convert(case.terms, DraftTerms), **case.references
            )
        async with begin_work(system, SYSTEM) as work:
            await self._finish(work, case, invoice_id)
            if case.on_account:
                money = Money.parse(case.on_account, currency)
                lines = [debit("suspense", money), credit("client_credit", money, client.id)]
                await ledger.post(work, kind="client_credit", text="Paid ahead", lines=lines)
        if case.printed_as != "invoice":
            return member, invoice_id
        async with begin_work(system, SYSTEM) as work:
            await commands.issue_invoice(work, invoice_id)
        shown = invoice_id
        for step in case.then:
            async with begin_work(system, SYSTEM) as work:
                shown = await self._step(work, step, invoice_id, currency) or shown
        return member, shown

    async def _finish(self, work: Work, case: Case, invoice_id: InvoiceId) -> None:
        """What drafts get from commands of their own: kind of document, what it follows, files."""
        preceding = [{"number": number, "issued_on": day} for number, day in case.preceding]
        if case.printed_as == "invoice":
            values: dict[str, Any] = {"type_code": case.type_code, "preceding": preceding or None}
            await work.session.execute(
                update(Invoice).where(Invoice.id == invoice_id).values(values)
            )
        for position, (name, media_type, data) in enumerate(case.files, 1):
            work.session.add(InvoiceAttachment(
                invoice_id=invoice_id, position=position, name=name, media_type=media_type,
                document_id=await store(work, data, media_type, name), description="",
            ))  # fmt: skip

    async def _step(
        self, work: Work, step: Pay | Credit, invoice_id: InvoiceId, currency: str
    ) -> InvoiceId | None:
        if isinstance(step, Pay):
            money = Money.parse(step.amount, currency)
            await commands.record_payment(work, invoice_id, money, Account("suspense"), work.today)
            return None
        net = Money.parse(step.net, currency) if step.net else None
        note = await commands.credit_invoice(
            work, invoice_id, step.reason, lines=step.lines, net=net
        )
        return note.id

    async def _document(
        self, work: Work, case: Case, member: Member, invoice_id: InvoiceId
    ) -> tuple[Stored, Stored | None]:
        if case.printed_as == "invoice":
            stored = await frozen_invoice(work, invoice_id)
            corrects = stored.corrects_id
            return stored, await frozen_invoice(work, corrects) if corrects else None
        (stored,) = await document_data(work, [invoice_id])
        made, original = as_kind(stored, case, member), None
        if made.frozen.kind == "self_bill_credit":
            original = as_kind(
                stored, msgspec.structs.replace(case, printed_as="self_bill"), member
            )
        return made, original


def as_kind(stored: Stored, case: Case, member: Member) -> Stored:
    """The draft's content as a document of another kind; a self-bill turns its parties round."""
    said = stored.frozen
    turned: dict[str, Any] = {}
    if case.printed_as != "proforma":
        coop = said.seller
        seller = msgspec.structs.replace(
            coop, name=member.legal_name, vat_number=member.vat_number or "",
            legal_id=member.enterprise_number or "", endpoint=member.enterprise_number or "",
            street=member.street or "", postcode=member.postcode or "", city=member.city or "",
            contact_email=member.email, tax_numbers=(),
        )  # fmt: skip
        turned = {"seller": seller, "buyer": coop, "iban": "BE71096123456769", "bic": ""}
    preceding = [{"number": number, "issued_on": day} for number, day in case.preceding]
    told = msgspec.structs.replace(
        said,
        kind=case.printed_as,
        type_code=case.type_code,
        number=SHAPES[case.printed_as],
        preceding=msgspec.convert(preceding, tuple[Preceding, ...]),
        **turned,
    )
    facts = stored.facts
    if turned:
        facts = msgspec.structs.replace(
            facts, buyer_vat_number=told.buyer.vat_number, buyer_country=told.buyer.country
        )
    return msgspec.structs.replace(stored, frozen=reckoned(told, facts))


async def set_serials(owner_url: str) -> None:
    """Let the sequences begin where each case expects them."""
    owner = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    try:
        for name, value in SERIALS.items():
            await owner.execute("SELECT setval($1, $2, false)", name, value)
    finally:
        await owner.close()


def pretty(xml: bytes) -> bytes:
    """One element a line, so that a difference can be read; the bytes are judged before."""
    root = etree.fromstring(xml)
    for element in root.iter():
        if etree.QName(element).localname in {"EmbeddedDocumentBinaryObject",
                                              "AttachmentBinaryObject"}:  # fmt: skip
            held = hashlib.sha256((element.text or "").encode()).hexdigest()
            element.text = f"sha256 of its text: {held}"
    etree.indent(root, " ")
    return etree.tostring(root, encoding="unicode").encode() + b"\n"


def ledger_table(case: Case, rows: list[Any]) -> bytes:
    """Every posting so far, in order, and what the accounts hold."""
    told = [f"# The ledger after `{case.name}`", ""]
    if not rows:
        told += ["Nothing is posted.", ""]
        return "\n".join(told).encode()
    told += ["| Entry | Account | Whose | Debit | Credit |", "|---|---|---|--:|--:|"]
    held: dict[tuple[str, str], int] = {}
    last = ""
    for row in rows:
        money = Money(abs(row.amount_minor), row.currency).text
        debited, credited = (money, "") if row.amount_minor > 0 else ("", money)
        entry = "" if row.text == last else row.text
        last = row.text
        told.append(f"| {entry} | {row.code} | {row.owner} | {debited} | {credited} |")
        key = (row.code, row.currency)
        held[key] = held.get(key, 0) + row.amount_minor
    told += ["", "| Account | Currency | Debit | Credit |", "|---|---|--:|--:|"]
    for (code, currency), minor in sorted(held.items()):
        if minor:
            money = Money(abs(minor), currency).text
            sides = f"{money} | " if minor > 0 else f" | {money}"
            told.append(f"| {code} | {currency} | {sides} |")
    assert sum(held.values()) == 0
    return "\n".join([*told, ""]).encode()


def pages(pdf: bytes) -> dict[str, bytes]:
    """The text of all pages, and the first page as a small picture in sixteen greys."""
    with tempfile.TemporaryDirectory(prefix="guild-golden-") as folder:
        path = Path(folder) / "sheet.pdf"
        path.write_bytes(pdf)
        # The layout mode of poppler depends on its version in spaces only.
        said = _run("pdftotext", "-layout", str(path), "-").decode()
        shot = _run("pdftoppm", "-r", str(DPI), "-f", "1", "-l", "1", "-gray", str(path))
    lines = [re.sub(r" {2,}", "  ", line).strip() for line in said.splitlines()]
    text_of = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
    picture = BytesIO()
    Image.open(BytesIO(shot)).quantize(GREYS).save(picture, "png", optimize=True)
    return {"txt": text_of.encode(), "png": picture.getvalue()}


def _run(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=30).stdout


def difference(one: bytes, other: bytes) -> float:
    """How far two pictures are apart: the mean step of grey of their pixels, of 255."""
    first, second = (Image.open(BytesIO(data)).convert("L") for data in (one, other))
    if first.size != second.size:
        return 255.0
    pairs = zip(first.tobytes(), second.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (first.width * first.height)
