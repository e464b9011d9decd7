"""All commands and their options; one is run, and its status is the process's."""

import argparse
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from guild import __version__
from guild.cli import keeping, proving, serving
from guild.cli.faults import CannotRun, sentence_of
from guild.cli.house import complaints
from guild.core.ids import OutboxId
from guild.core.permissions import POWER_ROLES
from guild.core.settings import Settings, SettingsWrong, read_settings
from guild.demo.run import demo

ABOUT: Final = "The back office of a freelancers' cooperative: run it, check it, prove it."
log = logging.getLogger("guild.cli")

Add = Callable[..., argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    made = argparse.ArgumentParser(prog="guild", description=ABOUT)
    made.add_argument("--version", action="version", version=f"guild {__version__}")
    commands = made.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[..., int]) -> argparse.ArgumentParser:
        about = (run.__doc__ or "").splitlines()[0]
        own = commands.add_parser(name, help=about, description=about)
        own.set_defaults(run=run)
        return own

    _serving(add)
    _proving(add)
    _keeping(add)
    return made


def _serving(add: Add) -> None:
    serve = add("up", serving.up)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on; %(default)s")
    serve.add_argument("--port", type=port, default=8000, help="%(default)s")
    serve.add_argument("--api", type=some, default=1, metavar="N", help="API processes; 1")
    serve.add_argument("--workers", type=some, default=1, metavar="N", help="worker processes; 1")
    serve.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    played = add("demo", demo)
    story = "folder of the story; %(default)s"
    played.add_argument("--story", type=Path, default=Path("examples/first-month"), help=story)
    played.add_argument("--port", type=port, default=8000, help="%(default)s")
    played.add_argument("--no-serve", dest="serve", action="store_false", help="stop when verified")
    one = add("api", serving.api)
    one.add_argument("--fd", type=int, required=True, help="inherited socket; `guild up` hands it")
    add("relay", serving.relay)
    add("worker", serving.worker)
    add("migrate", serving.migrate_command)


def _proving(add: Add) -> None:
    add("check", proving.check)
    add("openapi", proving.openapi)
    add("export", proving.export).add_argument("directory", type=Path, help="where to write")
    verified = add("verify", proving.verify_command)
    verified.add_argument("directory", type=Path, help="folder with the exported public files")
    verified.add_argument("--key", default="", help="the log's key, as you noted it earlier")
    verified.add_argument("--since", type=Path, help="an earlier checkpoint that you kept")
    judged = add("verify-document", proving.verify_document)
    judged.add_argument("file", type=Path, help="the PDF")
    judged.add_argument("--root", type=Path, help="PEM of the root to trust instead of ours")
    judged.add_argument("--offline", action="store_true", help="judge the seal, ask no log")


def _keeping(add: Add) -> None:
    appointed = add("appoint", keeping.appoint)
    appointed.add_argument("name", help="as in her passport")
    appointed.add_argument("email", help="with which she signs in")
    appointed.add_argument("--country", default="BE", help="two letters; %(default)s")
    offices = sorted(role.value for role in POWER_ROLES)
    role = "her office; may be given more than once"
    appointed.add_argument("--role", action="append", default=[], choices=offices, help=role)
    sealing = add("make-seal", keeping.make_seal)
    sealing.add_argument("directory", type=Path, help="where to write the files")
    sealing.add_argument("--name", required=True, help="the cooperative, as readers show it")
    rotated = add("rotate-keys", keeping.rotate_keys)
    index_key = "only print what GUILD_INDEX_KEY must be once key 1 is dropped"
    rotated.add_argument("--index-key", action="store_true", help=index_key)
    replay = "try this job again; the list names it"
    add("dead", keeping.dead).add_argument("--replay", metavar="ID", type=job_id, help=replay)


def port(given: str) -> int:
    """A port that can be listened on."""
    if not (given.isdecimal() and 0 < int(given) < 65536):
        raise argparse.ArgumentTypeError(f"{given} is no port; choose one from 1 to 65535")
    return int(given)


def some(given: str) -> int:
    """A number of processes, one or more."""
    if not (given.isdecimal() and 0 < int(given) <= 256):
        raise argparse.ArgumentTypeError(f"{given} is no number of processes; choose 1 to 256")
    return int(given)


def job_id(given: str) -> OutboxId:
    """The id of a job, as `guild dead` lists it."""
    try:
        return OutboxId(UUID(given))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{given} is no job's id; `guild dead` lists them"
        ) from None


def usable_settings() -> Settings:
    """The settings of the environment; raises SettingsWrong for those that must not run."""
    settings = read_settings()
    if problems := settings.problems():
        raise SettingsWrong(
            "Guild does not start in production like this:\n- " + "\n- ".join(problems)
        )
    return settings


def how_loud() -> int:
    """The level of GUILD_LOG_LEVEL; raises CannotRun for a word that is none."""
    wanted = os.environ.get("GUILD_LOG_LEVEL", "") or "WARNING"
    levels = logging.getLevelNamesMapping()
    if wanted.upper() not in levels:
        raise CannotRun(f"GUILD_LOG_LEVEL is {wanted}; use DEBUG, INFO, WARNING or ERROR.")
    return levels[wanted.upper()]


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its status; what a person can mend is one sentence."""
    options = parser().parse_args(arguments)
    settings = Settings()
    try:
        logging.basicConfig(level=how_loud())
        settings = usable_settings()
        status = options.run(settings, options)
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 1
    except Exception as wrong:
        told = sentence_of(wrong, settings)
        if told is None:
            raise
        log.debug("where it broke off", exc_info=wrong)
        sentence, status = told
        complaints.print(sentence, style="bold red", highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(status)
