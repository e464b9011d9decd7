"""Validating: a draft as it will be issued, and the final files once more.

The house's own checks and the official rules are asked of the files that would be made; their
verdict is kept on the draft under the hash of what it says and of the rules that judged. Issuing
asks only whether this content has passed, and runs all of them when it has not: `refuse_invalid`
is its one door.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import update

from guild.core.ids import InvoiceId
from guild.core.settings import Settings
from guild.core.work import System, Work
from guild.invoicing import access
from guild.invoicing.commands.deciding import with_todays_tax
from guild.invoicing.einvoice.build import FrozenInvoice, einvoice_of
from guild.invoicing.einvoice.cii import cii_bytes
from guild.invoicing.einvoice.judge import PINNED, Finding, Judgement, Paper, RuleFolder
from guild.invoicing.einvoice.ubl import ubl_bytes
from guild.invoicing.einvoice.validator import Validator
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice
from guild.invoicing.queries.documents import Stored, document_data
from guild.invoicing.rules.canonical import EInvoice
from guild.invoicing.rules.checks import own_findings
from guild.invoicing.rules.content import content_hash, rules_name
from guild.invoicing.rules.peppol import broken_rules, refuse
from guild.invoicing.rules.plain_words import BrokenRule, in_words

RESOURCE: Final = "invoicing.validator"
UNNUMBERED: Final = "0000-0000"
"""Stands for the number that a draft does not have yet."""
PLACEHOLDER: Final = b"0"
"""Stands for the bytes of an attached file, whose content no rule asks for."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What all rules say of a document: it passed, or what is broken, and which rules they were."""

    passed: bool
    broken: list[BrokenRule]
    rules: dict[str, str]


def validator_of(system: System) -> Validator:
    """The processes that hold the official rules, one set per System."""
    return system.resource(RESOURCE, lambda: Validator(_folder(system.settings)))


def _folder(settings: Settings) -> RuleFolder:
    return RuleFolder(path=settings.rules_dir, pins=dict(settings.rules_pins))


def hash_of(settings: Settings, said: FrozenInvoice) -> bytes:
    """The hash under which a verdict on this content stands."""
    return content_hash(said, _rules_named(tuple(settings.rules_pins.items())))


@cache
def _rules_named(pins: tuple[tuple[str, str], ...]) -> str:
    return rules_name({**PINNED, **dict(pins)})


def own_broken(work: Work, said: FrozenInvoice) -> list[BrokenRule]:
    """What the house's own checks find; no process is asked."""
    document = einvoice_of(said)
    found = own_findings(document, home_currency=work.settings.coop.currency)
    return (broken_rules(document) if document.emitted else []) + found


async def refuse_invalid(work: Work, draft: Stored) -> None:
    """Raise EInvoiceRefused with each broken rule, or RulesUnavailable when they cannot be asked.

    The last thing before a number is taken.
    """
    if draft.verdict_hash == hash_of(work.settings, draft.frozen):
        return
    refuse(own_broken(work, draft.frozen))
    judged = await judge_content(work, draft.frozen)
    refuse(judged.broken)


async def judge_content(work: Work, said: FrozenInvoice) -> Verdict:
    """What all rules say of a document as it would be issued."""
    broken = own_broken(work, said)
    document = einvoice_of(
        msgspec.structs.replace(said, number=said.number or UNNUMBERED),
        {one.sha256: PLACEHOLDER for one in said.attachments},
    )
    if broken or not document.emitted:
        return Verdict(passed=not broken, broken=broken, rules={})
    judged = await _ask(work.system, document)
    fatal = [found for found in judged.findings if found.fatal]
    return Verdict(passed=not fatal, broken=_in_words(fatal), rules=judged.rules)


async def _ask(system: System, document: EInvoice) -> Judgement:
    papers = [Paper("ubl", ubl_bytes(document)), Paper("cii", cii_bytes(document))]
    return await validator_of(system).judge(papers)


def _in_words(findings: list[Finding]) -> list[BrokenRule]:
    """Each broken rule once, though both files break it."""
    said = {found.rule: in_words(found.rule, found.text) for found in findings}
    return list(said.values())


async def check_draft(work: Work, invoice_id: InvoiceId) -> Verdict:
    """What issuing would say today; nothing is changed. Raises InvoiceNotFound."""
    found = await document_data(work, [invoice_id])
    if not found or not access.may_work_on(work.actor, found[0].member_id):
        raise InvoiceNotFound
    if found[0].state != "draft":
        return Verdict(passed=True, broken=[], rules={})
    return await judge_content(work, found[0].frozen)


async def validate_draft(work: Work, invoice_id: InvoiceId) -> None:
    """Judge a draft as it will be issued and keep the verdict with the hash of its content.

    The job of a changed draft; a draft that is gone or issued meanwhile needs none.
    """
    found = await document_data(work, [invoice_id], lock=True)
    if not found or found[0].state != "draft":
        return
    draft = await with_todays_tax(work, found[0])
    said = hash_of(work.settings, draft.frozen)
    if draft.verdict_hash == said:
        return
    verdict = await judge_content(work, draft.frozen)
    await work.session.execute(
        update(Invoice)
        .where(Invoice.id == invoice_id, Invoice.state == "draft")
        .values(
            verdict_hash=said if verdict.passed else None,
            verdict={**msgspec.to_builtins(verdict), "content": said.hex()},
        )
        .execution_options(synchronize_session=False)
    )


async def final_report(
    work: Work, said: FrozenInvoice, document: EInvoice, files: Mapping[str, bytes]
) -> bytes:
    """The validator's report on the final files, as JSON; raises EInvoiceRefused for a broken one.

    `files` are what is kept, by kind; the report names them by their SHA-256. It holds no moment,
    so that the same files give the same report.
    """
    judged = Judgement(rules={}, findings=[])
    if document.emitted:
        papers = [Paper("ubl", files["ubl"]), Paper("cii", files["cii"])]
        judged = await validator_of(work.system).judge(papers)
        refuse(_in_words([found for found in judged.findings if found.fatal]))
    report = {
        "document": said.number,
        "kind": said.kind,
        "issued_on": said.issued_on,
        "files": {kind: hashlib.sha256(data).hexdigest() for kind, data in files.items()},
        "rules": judged.rules,
        "own_checks": rules_name({**PINNED, **work.settings.rules_pins}),
        "findings": judged.findings,
        "note": "" if document.emitted else NOT_EMITTED,
    }
    return msgspec.json.format(msgspec.json.encode(report, order="deterministic"), indent=1)


NOT_EMITTED: Final = (
    "No EN 16931 file exists of this document: it bears no EU value added tax, or is a pro-forma."
)
