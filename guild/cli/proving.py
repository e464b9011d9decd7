"""What can be shown to others: invariants, public files, sealed documents, the interface."""

import argparse
import asyncio
import hashlib
import json
import sys

import msgspec
from rich.table import Table

from guild import features
from guild.cli.faults import CannotRun
from guild.cli.house import ask_house, console, make_system, served
from guild.contracts.queries import SealedFile, judgement_of, sealed_file
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.documents.verdict import trusted_of, verify_seal
from guild.migrations.run import ensure_schema
from guild.translog import verify
from guild.web.app import create_app
from guild.web.openapi import document


def check(settings: Settings, _: argparse.Namespace) -> int:
    """All invariants and the schema on live data; 0 when everything holds."""

    async def ask(system: System) -> dict[str, list[str]]:
        async with begin_work(system, SYSTEM, read_only=True, snapshot=True) as work:
            return await features.broken_invariants(work)

    with served(settings) as ready:
        asyncio.run(ensure_schema(ready.database_url))
        found = ask_house(ready, ask)
    table = Table("invariant", "holds", "what is wrong")
    for name, wrong in found.items():
        table.add_row(name, "no" if wrong else "yes", "\n".join(wrong[:5]))
    console.print(table)
    return 1 if any(found.values()) else 0


def export(settings: Settings, options: argparse.Namespace) -> int:
    """Write the public files that anyone can verify without us."""
    options.directory.mkdir(parents=True, exist_ok=True)
    with served(settings) as ready:
        files = ask_house(ready, features.public_export)
    for name, content in files.items():
        (options.directory / name).write_bytes(content)
    console.print(f"{len(files)} public files written to {options.directory}")
    return 0


def verify_command(_: Settings, options: argparse.Namespace) -> int:
    """Recompute tree, signature, scores and fund from exported files alone."""
    extra = ["--key", options.key] if options.key else []
    extra += ["--since", str(options.since)] if options.since else []
    return verify.main([str(options.directory), *extra])


def verify_document(settings: Settings, options: argparse.Namespace) -> int:
    """Judge a sealed PDF: seal, chain of trust, and whether the log has it. 0 when it is valid."""
    pdf = options.file.read_bytes()
    trusted = trusted_of(settings)
    if options.root:
        root_pem = options.root.read_bytes()
        if b"-----BEGIN CERTIFICATE-----" not in root_pem:
            raise CannotRun(f"{options.root} holds no certificate in PEM. Name the root's file.")
        trusted = msgspec.structs.replace(trusted, root_pem=root_pem)
    report = asyncio.run(verify_seal(pdf, trusted))
    sha256 = hashlib.sha256(pdf).hexdigest()
    if options.offline:
        known, asked = None, False
    else:
        known, asked = _known(settings, sha256), True
    verdict = judgement_of(report, known)
    valid = verdict.valid if asked else report.bottom_line
    word = verdict.word if asked else (report.fault or "sealed")
    console.print(f"[bold]{'valid' if valid else 'NOT VALID'}[/bold]  {word}", highlight=False)
    lines = {
        "file": sha256,
        "seal": report.explanation,
        "signer": report.signer,
        "level": report.level,
        "stamped": f"{report.stamped_at} by {report.stamped_by}" if report.stamped_at else "",
        "log": (f"entry {known.log_index}" if known else "no such file") if asked else "not asked",
        "verdict": verdict.sentence if asked else "The log was not asked: only the seal is judged.",
    }
    for name, said in lines.items():
        if said:
            console.print(f"{name:8} {said}", highlight=False, soft_wrap=True)
    return 0 if valid else 1


def _known(settings: Settings, sha256: str) -> SealedFile | None:
    """What the log has about a file of this hash."""

    async def look(system: System) -> SealedFile | None:
        async with begin_work(system, SYSTEM, read_only=True) as work:
            return await sealed_file(work, sha256)

    with served(settings) as ready:
        return ask_house(ready, look)


def openapi(settings: Settings, _: argparse.Namespace) -> int:
    """Print the OpenAPI document."""
    unconnected = msgspec.structs.replace(
        settings, database_url=settings.database_url or "postgresql+asyncpg:///none"
    )
    told = document(create_app(make_system(unconnected)))
    sys.stdout.write(json.dumps(told, indent=2, sort_keys=True) + "\n")
    return 0
