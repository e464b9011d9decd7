"""What a person does to an installation: founders, dead jobs, keys."""

import argparse
import getpass
import os
import sys
from base64 import b64encode

import msgspec
from rich.table import Table

from guild import features
from guild.cli.faults import REFUSED, CannotRun
from guild.cli.house import ask_house, complaints, console, served
from guild.core.clock import utc_now
from guild.core.errors import GuildError
from guild.core.outbox import dead_letters, replay_dead
from guild.core.permissions import SYSTEM, Role
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.documents.identity import fingerprint_of, make_identity
from guild.members.commands import appoint_founder
from guild.members.schemas import ApplicationIn


def appoint(settings: Settings, options: argparse.Namespace) -> int:
    """Enter a founding member with her offices; only until two persons have given an office."""
    ask = getpass.getpass if sys.stdin.isatty() else lambda _: sys.stdin.readline().rstrip("\n")
    entered = {
        "legal_name": options.name, "display_name": options.name, "email": options.email,
        "country": options.country, "password": ask("Password: "),
    }  # fmt: skip

    async def act(system: System) -> None:
        async with begin_work(system, SYSTEM) as work:
            founder = msgspec.convert(entered, ApplicationIn)
            await appoint_founder(work, founder, frozenset(map(Role, options.role)))

    try:
        with served(settings) as ready:
            ask_house(ready, act)
    except (GuildError, msgspec.ValidationError) as wrong:
        complaints.print(f"[bold red]Not entered.[/bold red] {wrong}", highlight=False)
        return REFUSED
    console.print(f"{options.name} is a founding member: {', '.join(options.role) or 'no office'}.")
    return 0


def dead(settings: Settings, options: argparse.Namespace) -> int:
    """List dead jobs, or give one another life."""

    async def act(system: System) -> None:
        async with begin_work(system, SYSTEM) as work:
            if options.replay:
                row = await replay_dead(work, options.replay)
                console.print(f"{row.job} will be tried again.")
                return
            found = await dead_letters(work)
            table = Table("id", "job", "since", "failures", "last error")
            for row in found:
                table.add_row(str(row.id), row.job, str(row.dead_at), str(row.failures),
                              row.last_error)  # fmt: skip
            console.print(table if found else "No job has failed for good.")

    with served(settings) as ready:
        ask_house(ready, act)
    return 0


def make_seal(_: Settings, options: argparse.Namespace) -> int:
    """Make root, seal and local time stamps for production, as PEM files to name in settings."""
    made = make_identity(options.name, now=utc_now())
    names = {
        "seal-key": made.key_pem, "seal-cert": made.cert_pem, "seal-root": made.root_pem,
        "seal-crl": made.crl_pem, "seal-stamp-key": made.stamp_key_pem,
        "seal-stamp-cert": made.stamp_cert_pem,
    }  # fmt: skip
    paths = {name: options.directory / f"{name}.pem" for name in names}
    if kept := [path for path in paths.values() if path.exists()]:
        raise CannotRun(
            f"{kept[0]} is there already and is never overwritten: what it sealed would lose its "
            "proof. Name another folder."
        )
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, content in names.items():
        path = paths[name]
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        said = f"GUILD_{name.replace('-', '_').upper()}_FILE={path}"
        console.print(said, highlight=False, soft_wrap=True)
    told = f"Publish the root's SHA-256: {fingerprint_of(made.root_pem)}"
    console.print(told, highlight=False, soft_wrap=True)
    return 0


def rotate_keys(settings: Settings, options: argparse.Namespace) -> int:
    """Seal every stored secret again under the newest key, so that older ones can be dropped."""
    if options.index_key:
        sys.stdout.write(b64encode(settings.blind_index_key).decode() + "\n")
        return 0

    async def rotate(system: System) -> int:
        renewed: dict[str, int] = {}
        async for column, number in features.rotate_keys(system):
            renewed[column] = renewed.get(column, 0) + number
            complaints.print(f"{column}: {renewed[column]} sealed again", highlight=False)
        return sum(renewed.values())

    with served(settings) as ready:
        number = ask_house(ready, rotate)
    console.print(f"{number} values sealed again; every sealed value is now under "
                  f"key {settings.keyring().current}.")  # fmt: skip
    return 0
