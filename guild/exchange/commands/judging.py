"""Asking the official rules about a received invoice, in the background."""

from typing import Final

import msgspec
from sqlalchemy import select

from guild.core.ids import SupplierInvoiceId
from guild.core.jobs import job
from guild.core.work import Work
from guild.documents import queries as documents
from guild.exchange.commands.official import ask_official
from guild.exchange.models import IN_BOOKS, SupplierInvoice
from guild.exchange.rules.received import Finding

ANSWERED: Final = frozenset({*IN_BOOKS, "refused"})
"""What was decided is not judged again."""


@job("exchange.judge", timeout_s=60)
async def judge(work: Work, supplier_invoice_id: SupplierInvoiceId) -> None:
    """Add what the official rules find to what our own reader found, once."""
    row = await work.session.scalar(
        select(SupplierInvoice).where(SupplierInvoice.id == supplier_invoice_id).with_for_update()
    )
    if row is None or row.judged_by or row.state in ANSWERED:
        return
    content = await documents.read(work, row.document_id)
    verdict = await ask_official(work.system, content, row.syntax)
    known = msgspec.convert(row.findings, list[Finding])
    rules = {one.rule for one in known}
    findings = [*known, *(one for one in verdict.findings if one.rule not in rules)]
    findings.sort(key=lambda one: one.level)
    row.findings = msgspec.to_builtins(findings)
    row.verdict = (
        "broken" if any(one.level == "error" for one in findings)
        else "doubtful" if findings else "fine"
    )  # fmt: skip
    row.judged_by = verdict.rules
