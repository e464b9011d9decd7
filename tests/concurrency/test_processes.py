"""The same bank statement imported by four processes at once books once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guild.core.work import System
from tests.camt import Move
from tests.chaos.conftest import house, scene, system
from tests.chaos.house import ROOT, House, numbers
from tests.chaos.scene import Scene

__all__ = ["house", "scene", "system"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PROCESSES = 4


def importers(house: House, scene: Scene, file: Path) -> list["subprocess.Popen[str]"]:
    """Four processes that have everything ready but the word to begin."""
    treasurer = str(scene.desk.treasurers[0].id)
    environment = {**os.environ, **house.environment()}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.importer", str(file), treasurer],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment, text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    return started


async def test_four_processes_import_one_statement_and_it_is_booked_once(
    house: House, scene: Scene, system: System
) -> None:
    moves = [Move(cents=100 + n, reference=f"FOUR{n}", name="Client") for n in range(50)]
    file = house.folder / "statement.xml"
    file.write_bytes(scene.desk.statement(*moves))
    started = importers(house, scene, file)
    try:
        for one in started:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        told = [one.communicate(timeout=120)[0].split() for one in started]
    finally:
        for one in started:
            if one.poll() is None:
                one.kill()
    assert [one.returncode for one in started] == [0] * PROCESSES
    assert sorted(int(answer[-1]) for answer in told) == [0, 0, 0, len(moves)]
    booked = "SELECT count(*) FROM bank_entry WHERE reference LIKE 'FOUR%'"
    assert await numbers(system, booked) == [len(moves)]
    posted = """SELECT sum(p.amount_minor)::bigint FROM ledger_posting p
                  JOIN ledger_entry e ON e.id = p.entry_id
                  JOIN ledger_account a ON a.id = p.account_id AND a.code = 'bank'
                  JOIN bank_statement s ON s.id = e.subject_id
                 WHERE s.entries = :entries"""
    total = sum(move.cents for move in moves)
    assert await numbers(system, posted, entries=len(moves)) == [total]
