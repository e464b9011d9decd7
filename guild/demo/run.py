"""`guild demo`: a fresh installation, a story played on it, a report, the proof, the site."""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from guild import features
from guild.core.clock import file_clock
from guild.core.embedded import Embedded
from guild.core.permissions import SYSTEM, Role
from guild.core.settings import Settings
from guild.core.work import begin_work
from guild.demo.cast import Cast, StepFailed
from guild.demo.deeds import money, people, standing, work
from guild.demo.player import Play, play_all
from guild.demo.report import report
from guild.demo.story import Story, StoryWrong, read_story
from guild.members.commands import appoint_founder
from guild.members.schemas import ApplicationIn
from guild.migrations.run import create_database, migrate
from guild.supervisor import environment_of, listen

START_S = 60
WIDTH = 150
"""Columns of the tables where the output goes to a file."""
BOUND_COOP = "GUILD_COOP_FILE"
DEEDS = (people, work, money, standing)
"""Imported so that every kind of step is known."""


def demo(settings: Settings, options: argparse.Namespace) -> int:
    """Play a story on a fresh installation, report, verify, and serve the site."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        story = read_story(options.story)
        return _demo(console, settings, options, story)
    except StoryWrong as wrong:
        console.print(f"[bold red]The story cannot be played.[/] {wrong}")
        return 2
    except StepFailed as wrong:
        console.print(f"[bold red]The story broke off.[/] {wrong}", highlight=False)
        return 1


def _demo(console: Console, settings: Settings, options: argparse.Namespace, story: Story) -> int:
    if settings.production:
        raise StoryWrong("A story is never played on a production installation.")
    _ensure_free(options.port)  # before the folder of one that may still run is emptied
    # Whoever ends the demo by its id ends its servers with it, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = settings.data_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    files = folder / "files"
    files.mkdir(parents=True)
    clock = folder / "clock"
    clock.write_text(story.begins.isoformat(), encoding="ascii")
    console.rule(f"[bold]{story.title}")
    with Embedded(folder) as servers:
        own = msgspec.structs.replace(
            settings,
            **servers.settings_over(Settings()),
            data_dir=folder,
            base_url=f"http://127.0.0.1:{options.port}",
            coop=story.cooperative,
            clock_file=str(clock),
        )
        with console.status("Founding the cooperative …"):
            asyncio.run(_found(own, story))
        with _running(own, options.port, story) as process:
            playing = _play(console, own, options, story, clock, files)
            report(console, playing)
            sound = _prove(console, own, folder)
            if not sound:
                console.print("[bold red]Something does not hold; see above.")
                return 1
            console.print("[bold green]The story was played, and everything that it left holds.")
            if options.serve:
                _serve(console, own, story, process)
    return 0


def _ensure_free(port: int) -> None:
    """Raise StoryWrong when somebody else answers there, whom the story would then be told to."""
    try:
        listen("127.0.0.1", port).close()
    except OSError as wrong:
        raise StoryWrong(
            f"Port {port} cannot be listened on: {wrong.strerror}. Choose another: `make demo "
            "PORT=…`, or `guild demo --port …`."
        ) from wrong


async def _found(settings: Settings, story: Story) -> None:
    await create_database(settings.owner_url)
    await migrate(settings.owner_url)
    system = features.make_system(settings, clock=file_clock(Path(settings.clock_file)))
    async with begin_work(system, SYSTEM) as work:
        await features.found(work)
        for officer in story.officers.values():
            await appoint_founder(
                work,
                ApplicationIn(
                    email=officer.email,
                    password=story.password,
                    legal_name=officer.name,
                    display_name=officer.name,
                    country=story.cooperative.country,
                ),
                frozenset({Role(officer.role)}),
            )
    await system.engine.dispose()


@contextlib.contextmanager
def _running(settings: Settings, port: int, story: Story) -> Iterator["subprocess.Popen[bytes]"]:
    """`guild up` on the story's database, as a process of its own."""
    coop = settings.data_dir / "cooperative.toml"
    lines = (
        f"{key} = {json.dumps(value)}\n"  # a JSON string is a TOML string
        for key, value in msgspec.structs.asdict(story.cooperative).items()
    )
    coop.write_text("".join(lines), encoding="utf-8")
    environ = {**environment_of(settings), BOUND_COOP: str(coop)}
    process = subprocess.Popen(
        [sys.executable, "-m", "guild", "up", "--port", str(port), "--quiet"],
        env=environ,
        start_new_session=True,
    )
    try:
        _await_ready(settings.base_url, process)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        process.wait(60)


def _await_ready(base_url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise StepFailed("`guild up` ended before it answered; is the port taken?")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{base_url}/ready", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise StepFailed("`guild up` did not answer in time")


def _play(
    console: Console,
    settings: Settings,
    options: argparse.Namespace,
    story: Story,
    clock: Path,
    files: Path,
) -> Play:
    cast = Cast(settings.base_url, clock, story.password)
    cast.emails.update({short: officer.email for short, officer in story.officers.items()})
    playing = Play(story, options.story, cast, files)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("Playing", total=len(story.step))
        play_all(
            playing,
            lambda number, step: bar.update(
                task,
                completed=number,
                description=f"{step.at:%d %b %Y}: {type(step).__name__}",
            ),
        )
    return playing


def _prove(console: Console, settings: Settings, folder: Path) -> bool:
    """Export the public files, verify them with the independent program, check all invariants."""
    environ = {**environment_of(settings)}
    public = folder / "public"
    sound = True
    for title, arguments in (
        ("Exporting the public files", ["export", str(public)]),
        ("Verifying them without the server", ["verify", str(public)]),
        ("Asking every invariant of the live data", ["check"]),
    ):
        console.rule(title)
        done = subprocess.run([sys.executable, "-m", "guild", *arguments], env=environ, check=False)
        sound = sound and done.returncode == 0
    return sound


def _serve(
    console: Console, settings: Settings, story: Story, process: "subprocess.Popen[bytes]"
) -> None:
    table = Table(title=f"Open {settings.base_url}", title_style="bold", title_justify="left")
    for column in ("who", "e-mail", "password"):
        table.add_column(column)
    member = next(iter(story.freelancers.values()))
    table.add_row("freelancer", member.email, story.password)
    for role in dict.fromkeys(officer.role for officer in story.officers.values()):
        officer = next(one for one in story.officers.values() if one.role == role)
        table.add_row(role, officer.email, story.password)
    table.add_row("client", f"links are in the mails: {settings.base_url}/outbox", "no account")
    console.print(table)
    console.print(
        f"The fund and the log: {settings.base_url}/fund and /log. "
        f"The API: {settings.base_url}/docs. Stop with Ctrl-C."
    )
    with contextlib.suppress(KeyboardInterrupt):
        process.wait()
