"""The command line: `guild up | migrate | check | verify | demo | …`.

Each command reads the settings from the environment once. Where no server is named, the embedded
PostgreSQL and Valkey are started under the data folder and stopped at the end.
"""

import argparse
import asyncio
import contextlib
import gc
import getpass
import hashlib
import json
import logging
import os
import signal
import socket
import sys
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn
from rich.console import Console
from rich.table import Table

from guild import __version__, features
from guild.contracts.queries import SealedFile, judgement_of, sealed_file
from guild.core.clock import file_clock, utc_now
from guild.core.embedded import Embedded
from guild.core.errors import GuildError
from guild.core.ids import OutboxId
from guild.core.outbox import dead_letters, replay_dead
from guild.core.permissions import POWER_ROLES, SYSTEM, Role
from guild.core.settings import Settings, SettingsWrong, read_settings
from guild.core.work import System, begin_work
from guild.demo.run import demo
from guild.documents.identity import fingerprint_of, make_identity
from guild.documents.verdict import trusted_of, verify_seal
from guild.members.commands import appoint_founder
from guild.members.schemas import ApplicationIn
from guild.migrations.run import SchemaWrong, create_database, ensure_schema, migrate
from guild.supervisor import listen, supervise
from guild.translog import verify
from guild.web.app import create_app
from guild.web.openapi import document
from guild.worker import Ringer, run_relay, run_worker

console: Final = Console()
complaints: Final = Console(stderr=True)


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[Settings]:
    """Settings that name both servers; those that are missing are started for the time being."""
    if settings.database_url and settings.redis_url:
        yield settings
        return
    with Embedded(settings.data_dir) as servers:
        yield msgspec.structs.replace(settings, **servers.settings_over(settings))


def make_system(settings: Settings) -> System:
    """The System of this process, on the wall clock or on a story's."""
    clock = file_clock(Path(settings.clock_file)) if settings.clock_file else utc_now
    return features.make_system(settings, clock=clock)


async def prepare(settings: Settings) -> None:
    """Create and upgrade the database, and found the cooperative if it is not founded."""
    await create_database(settings.owner_url)
    await migrate(settings.owner_url)
    system = make_system(settings)
    async with begin_work(system, SYSTEM) as work:
        await features.found(work)
    await features.close(system)


def up(settings: Settings, options: argparse.Namespace) -> int:
    """Run everything until it is told to stop."""
    listener = listen(options.host, options.port)
    with served(settings) as ready:
        if ready.owner_url:  # without it, the owner runs `guild migrate` before the start
            asyncio.run(prepare(ready))
        if not options.quiet:
            console.print(f"Guild {__version__} answers at [bold]{ready.base_url}[/bold]")
        asyncio.run(supervise(ready, listener, api_processes=options.api, workers=options.workers))
    return 0


def api(settings: Settings, options: argparse.Namespace) -> int:
    """One API process, on a socket that the supervisor listens on."""

    async def serve() -> None:
        await ensure_schema(settings.database_url)
        system = make_system(settings)
        system.asked = Ringer(system)
        listener = socket.socket(fileno=options.fd)
        app = create_app(system)
        gc.collect()
        gc.freeze()  # what the start made is never garbage: a tenth of a request went on it
        gc.set_threshold(50_000, 20, 100)
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", access_log=False,
            log_level="warning", proxy_headers=True, forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=20, server_header=False, date_header=True,
        )  # fmt: skip
        await uvicorn.Server(config).serve(sockets=[listener])

    asyncio.run(serve())
    return 0


async def _until_told(run: Callable[[System, asyncio.Event], Coroutine[Any, Any, None]],
                      settings: Settings) -> None:  # fmt: skip
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await ensure_schema(settings.database_url)
    system = make_system(settings)
    try:
        await run(system, stop)
    finally:
        await features.close(system)


def relay(settings: Settings, _: argparse.Namespace) -> int:
    """The relay: from the outbox to arq's doorbell."""
    asyncio.run(_until_told(run_relay, settings))
    return 0


def worker(settings: Settings, _: argparse.Namespace) -> int:
    """The worker: from the doorbell to the job's end."""
    asyncio.run(_until_told(run_worker, settings))
    return 0


def migrate_command(settings: Settings, _: argparse.Namespace) -> int:
    """Create and upgrade the database."""
    with served(settings) as ready:
        asyncio.run(prepare(ready))
        asyncio.run(ensure_schema(ready.database_url))
    console.print("The database is up to date and as this version expects it.")
    return 0


def appoint(settings: Settings, options: argparse.Namespace) -> int:
    """Enter a founding member with her offices; only until two persons have given an office."""
    ask = getpass.getpass if sys.stdin.isatty() else lambda _: sys.stdin.readline().rstrip("\n")
    entered = {
        "legal_name": options.name, "display_name": options.name, "email": options.email,
        "country": options.country, "password": ask("Password: "),
    }  # fmt: skip

    async def act(ready: Settings) -> None:
        system = make_system(ready)
        try:
            async with begin_work(system, SYSTEM) as work:
                founder = msgspec.convert(entered, ApplicationIn)
                await appoint_founder(work, founder, frozenset(map(Role, options.role)))
        finally:
            await features.close(system)

    try:
        with served(settings) as ready:
            asyncio.run(act(ready))
    except (GuildError, msgspec.ValidationError) as wrong:
        complaints.print(f"[bold red]Not entered.[/bold red] {wrong}", highlight=False)
        return 1
    console.print(f"{options.name} is a founding member: {', '.join(options.role) or 'no office'}.")
    return 0


def check(settings: Settings, _: argparse.Namespace) -> int:
    """All invariants and the schema on live data; 0 when everything holds."""

    async def ask(ready: Settings) -> dict[str, list[str]]:
        system = make_system(ready)
        async with begin_work(system, SYSTEM, read_only=True, snapshot=True) as work:
            found = await features.broken_invariants(work)
        await features.close(system)
        return found

    with served(settings) as ready:
        asyncio.run(ensure_schema(ready.database_url))
        found = asyncio.run(ask(ready))
    table = Table("invariant", "holds", "what is wrong")
    for name, wrong in found.items():
        table.add_row(name, "no" if wrong else "yes", "\n".join(wrong[:5]))
    console.print(table)
    return 1 if any(found.values()) else 0


def export(settings: Settings, options: argparse.Namespace) -> int:
    """Write the public files that anyone can verify without us."""

    async def write(ready: Settings) -> int:
        system = make_system(ready)
        files = await features.public_export(system)
        await features.close(system)
        options.directory.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (options.directory / name).write_bytes(content)
        return len(files)

    with served(settings) as ready:
        number = asyncio.run(write(ready))
    console.print(f"{number} public files written to {options.directory}")
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
        trusted = msgspec.structs.replace(trusted, root_pem=options.root.read_bytes())
    report = asyncio.run(verify_seal(pdf, trusted))
    if options.offline:
        known, asked = None, False
    else:
        with served(settings) as ready:
            known, asked = asyncio.run(_known(ready, hashlib.sha256(pdf).hexdigest())), True
    verdict = judgement_of(report, known)
    valid = verdict.valid if asked else report.bottom_line
    word = verdict.word if asked else (report.fault or "sealed")
    console.print(f"[bold]{'valid' if valid else 'NOT VALID'}[/bold]  {word}", highlight=False)
    lines = {
        "file": hashlib.sha256(pdf).hexdigest(),
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


async def _known(ready: Settings, sha256: str) -> SealedFile | None:
    system = make_system(ready)
    async with begin_work(system, SYSTEM, read_only=True) as work:
        known = await sealed_file(work, sha256)
    await features.close(system)
    return known


def make_seal(_: Settings, options: argparse.Namespace) -> int:
    """Make root, seal and local time stamps for production, as PEM files to name in settings."""
    made = make_identity(options.name, now=utc_now())
    options.directory.mkdir(parents=True, exist_ok=True)
    names = {
        "seal-key": made.key_pem, "seal-cert": made.cert_pem, "seal-root": made.root_pem,
        "seal-crl": made.crl_pem, "seal-stamp-key": made.stamp_key_pem,
        "seal-stamp-cert": made.stamp_cert_pem,
    }  # fmt: skip
    for name, content in names.items():
        path = options.directory / f"{name}.pem"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        console.print(f"GUILD_{name.replace('-', '_').upper()}_FILE={path}", highlight=False)
    console.print(f"Publish the root's SHA-256: {fingerprint_of(made.root_pem)}", highlight=False)
    return 0


def dead(settings: Settings, options: argparse.Namespace) -> int:
    """List dead jobs, or give one another life."""

    async def act(ready: Settings) -> None:
        system = make_system(ready)
        async with begin_work(system, SYSTEM) as work:
            if options.replay:
                row = await replay_dead(work, OutboxId(options.replay))
                console.print(f"{row.job} will be tried again.")
            else:
                table = Table("id", "job", "since", "failures", "last error")
                for row in await dead_letters(work):
                    table.add_row(str(row.id), row.job, str(row.dead_at), str(row.failures),
                                  row.last_error)  # fmt: skip
                console.print(table)
        await features.close(system)

    with served(settings) as ready:
        asyncio.run(act(ready))
    return 0


def rotate_keys(settings: Settings, options: argparse.Namespace) -> int:
    """Seal every stored secret again under the newest key, so that older ones can be dropped."""
    if options.index_key:
        sys.stdout.write(b64encode(settings.blind_index_key).decode() + "\n")
        return 0

    async def rotate(ready: Settings) -> dict[str, int]:
        system = make_system(ready)
        renewed: dict[str, int] = {}
        async for column, number in features.rotate_keys(system):
            renewed[column] = renewed.get(column, 0) + number
            complaints.print(f"{column}: {renewed[column]} sealed again", highlight=False)
        await features.close(system)
        return renewed

    with served(settings) as ready:
        renewed = asyncio.run(rotate(ready))
    console.print(f"{sum(renewed.values())} values sealed again; every sealed value is now under "
                  f"key {settings.keyring().current}.")  # fmt: skip
    return 0


def openapi(settings: Settings, _: argparse.Namespace) -> int:
    """Print the OpenAPI document."""
    unconnected = msgspec.structs.replace(
        settings, database_url=settings.database_url or "postgresql+asyncpg:///none"
    )
    told = document(create_app(make_system(unconnected)))
    sys.stdout.write(json.dumps(told, indent=2, sort_keys=True) + "\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    made = argparse.ArgumentParser(prog="guild", description=__doc__.splitlines()[0])
    made.add_argument("--version", action="version", version=f"guild {__version__}")
    commands = made.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[..., int], text: str = "") -> argparse.ArgumentParser:
        own = commands.add_parser(name, help=text or (run.__doc__ or "").splitlines()[0])
        own.set_defaults(run=run)
        return own

    serve = add("up", up)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--api", type=int, default=1, help="API processes")
    serve.add_argument("--workers", type=int, default=1, help="worker processes")
    serve.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    played = add("demo", demo)
    played.add_argument("--story", type=Path, default=Path("examples/first-month"))
    played.add_argument("--port", type=int, default=8000)
    played.add_argument("--no-serve", dest="serve", action="store_false", help="stop when verified")
    add("api", api).add_argument("--fd", type=int, required=True, help="inherited socket")
    add("relay", relay)
    add("worker", worker)
    add("migrate", migrate_command)
    appointed = add("appoint", appoint)
    appointed.add_argument("name", help="as in her passport")
    appointed.add_argument("email")
    appointed.add_argument("--country", default="BE", help="two letters")
    appointed.add_argument("--role", action="append", default=[], choices=sorted(POWER_ROLES))
    add("check", check)
    add("openapi", openapi)
    exported = add("export", export)
    exported.add_argument("directory", type=Path)
    verified = add("verify", verify_command)
    verified.add_argument("directory", type=Path)
    verified.add_argument("--key", default="", help="the log's key, as you noted it earlier")
    verified.add_argument("--since", type=Path, help="an earlier checkpoint that you kept")
    judged = add("verify-document", verify_document)
    judged.add_argument("file", type=Path)
    judged.add_argument("--root", type=Path, help="PEM of the root to trust instead of ours")
    judged.add_argument("--offline", action="store_true", help="judge the seal, ask no log")
    sealing = add("make-seal", make_seal)
    sealing.add_argument("directory", type=Path)
    sealing.add_argument("--name", required=True, help="the cooperative, as readers show it")
    rotated = add("rotate-keys", rotate_keys)
    index_key = "only print what GUILD_INDEX_KEY must be once key 1 is dropped"
    rotated.add_argument("--index-key", action="store_true", help=index_key)
    replayed = add("dead", dead)
    replayed.add_argument("--replay", metavar="ID", default="")
    return made


def usable_settings() -> Settings:
    """The settings of the environment; raises SettingsWrong for those that must not run."""
    settings = read_settings()
    if problems := settings.problems():
        raise SettingsWrong(
            "Guild does not start in production like this:\n- " + "\n- ".join(problems)
        )
    return settings


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its status; what a person can mend is one sentence."""
    logging.basicConfig(level=os.environ.get("GUILD_LOG_LEVEL", "WARNING").upper())
    options = parser().parse_args(arguments)
    try:
        status = options.run(usable_settings(), options)
    except (SettingsWrong, SchemaWrong) as wrong:
        complaints.print(f"[bold red]{wrong}[/bold red]", highlight=False)
        status = 2
    except KeyboardInterrupt:
        status = 130
    raise SystemExit(status)
