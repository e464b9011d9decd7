"""Processes of Guild with a kill point, forked from one nursery that has imported it once.

`python -m tests.chaos.process` reads orders from standard input, one JSON object a line, and
answers each with one. A child runs the very entry functions of `guild api|relay|worker`, after the
trap of its order is set. When the nursery's input closes, it ends its children by their ids.
"""

import json
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")

from litestar import Litestar  # noqa: E402

from guild import cli, worker  # noqa: E402
from guild.cli import serving  # noqa: E402
from guild.core import outbox  # noqa: E402
from guild.core.settings import Settings  # noqa: E402
from guild.core.work import System  # noqa: E402
from guild.supervisor import listen  # noqa: E402
from guild.web.app import create_app  # noqa: E402
from tests.chaos.errands import ERRANDS  # noqa: E402
from tests.chaos.points import arm  # noqa: E402

SWEEP_S = 0.1
READY = create_app(
    serving.make_system(Settings(env="test", database_url="postgresql+asyncpg:///none"))
)
"""Built once: a child only puts its System where `create_app` would have put it."""


def live(order: dict[str, Any]) -> None:
    """Be a process of Guild until the end; never returns."""
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(order["environment"])
        prepare(order.get("lease_s"))
        if order["point"]:
            arm(order["point"], Path(order["mark"]))
        cli.main([order["role"], *order["arguments"]])
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - a fork must never run on into its nursery's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def prepare(lease_s: float | None) -> None:
    """What differs from production: errands among the jobs, a quicker sweep, shorter leases, an
    application that was built before the fork.

    The fingerprint of the schema is another test's matter.
    """
    make = serving.make_system

    async def agree(_: str) -> None: ...

    def with_errands(settings: Settings) -> System:
        system = make(settings)
        assert isinstance(system.jobs, dict)
        system.jobs.update(ERRANDS)
        if lease_s is not None:
            longest = max(job.timeout_s for job in system.jobs.values())
            outbox.LEASE_MARGIN_S = lease_s - longest
        return system

    def ready_app(system: System) -> Litestar:
        READY.state["system"] = system
        return READY

    serving.create_app = ready_app
    serving.ensure_schema = agree
    serving.make_system = with_errands
    worker.SWEEP_S = SWEEP_S


def main() -> None:
    """Take orders until the input closes."""
    children: dict[int, int | None] = {}
    try:
        for line in sys.stdin:
            order = json.loads(line)
            sys.stdout.write(json.dumps(answer(order, children)) + "\n")
            sys.stdout.flush()
    finally:
        for pid in [pid for pid in children if status(pid, children) is None]:
            os.kill(pid, signal.SIGKILL)


def answer(order: dict[str, Any], children: dict[int, int | None]) -> dict[str, Any]:
    """Carry out one order."""
    if order["do"] == "listen":
        listener = listen("127.0.0.1", 0)
        return {"port": listener.getsockname()[1], "fd": listener.detach()}
    if order["do"] == "start":
        pid = os.fork()
        if pid == 0:
            live(order)
        children[pid] = None
        return {"pid": pid}
    if order["do"] == "signal":
        if status(order["pid"], children) is None:
            os.kill(order["pid"], order["number"])
        return {}
    assert order["do"] == "status"
    return {"status": status(order["pid"], children)}


def status(pid: int, children: dict[int, int | None]) -> int | None:
    """How the child ended: its code, minus the signal's number, or None while it lives."""
    if children[pid] is None:
        found, state = os.waitpid(pid, os.WNOHANG)
        if found:
            children[pid] = os.waitstatus_to_exitcode(state)
    return children[pid]


if __name__ == "__main__":
    main()
