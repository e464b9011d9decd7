"""The real pool of child processes: equal bytes, refusals, deaths, time-outs, cancellation."""

# ruff: noqa: ASYNC240, ISC004 -- tests may block, and start what they name

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from guild.documents.errors import PressUnavailable, SheetRefused
from guild.documents.pool import DocumentPool
from tests.features.documents import samples

# WeasyPrint leaves the file of its colour profile for the collector to close.
pytestmark = pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")


def html(body):
    return msgspec.structs.replace(
        samples.order("payout"), html=f'<html lang="en"><title>x</title><body>{body}'
    )


async def test_children_make_equal_bytes_and_outlive_refusals_and_deaths(press):
    order = samples.order("invoice")
    async with DocumentPool(2, timeout_s=30) as pool:
        made = await asyncio.gather(*(pool.render(order) for _ in range(5)))
        # Two children, and a third process (this one): the same bytes from each.
        assert {hashlib.sha256(pdf).hexdigest() for pdf in made} == {
            hashlib.sha256(press.pdf(order)).hexdigest()
        }

        with pytest.raises(SheetRefused, match="may not fetch"):
            await pool.render(html('<img alt="x" src="file:///etc/passwd">'))
        with pytest.raises(SheetRefused, match="32 MB"):
            await pool.render(html("x" * 33_000_000))
        assert await pool.render(order) == made[0]

        for child in list(pool._all):
            os.kill(child.process.pid, signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(PressUnavailable):
                await pool.render(order)
        assert await asyncio.gather(pool.render(order), pool.render(order)) == [made[0]] * 2
    assert not pool._all


async def test_a_cancelled_order_never_answers_the_next():
    long, short = samples.order("invoice-long"), samples.order("credit-note")
    async with DocumentPool(1, timeout_s=30) as pool:
        expected = await pool.render(short)
        task = asyncio.create_task(pool.render(long))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await pool.render(short) == expected


async def test_an_order_that_takes_too_long_is_given_up():
    bomb = "word " * 400_000
    async with DocumentPool(1, timeout_s=30) as pool:
        await pool.render(samples.order("payout"))
        pool.timeout_s = 0.5
        with pytest.raises(PressUnavailable, match="seconds"):
            await pool.render(html(bomb))
        pool.timeout_s = 30
        assert (await pool.render(samples.order("payout"))).startswith(b"%PDF-1.7")


async def test_it_starts_by_itself_and_leaves_no_folders_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # others' presses are not its business
    pool = DocumentPool(1, timeout_s=30)
    assert (await pool.render(samples.order("payout"))).startswith(b"%PDF-1.7")
    (child,) = pool._all
    folder = Path(child._folder)
    assert folder.is_dir()
    await pool.stop()
    assert not folder.exists()
    assert child.process.returncode == 0
    assert not list(tmp_path.glob("guild-press-*"))


async def test_children_know_no_secrets(monkeypatch):
    monkeypatch.setenv("GUILD_SECRETS", "1:not-for-children")
    async with DocumentPool(1, timeout_s=30) as pool:
        await pool.render(samples.order("payout"))
        (child,) = pool._all
        environ = Path(f"/proc/{child.process.pid}/environ").read_bytes()
    assert b"not-for-children" not in environ
    assert b"PYTHONPATH" in environ


def test_a_runaway_order_ends_at_its_cpu_limit():
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from guild.documents import press\n"
            "press.CPU_SECONDS = 1\n"
            "press._limit_cpu()\n"
            "while True: pass",
        ],
        cwd=Path(__file__).parents[3],
        timeout=30,
        check=False,
    )
    assert run.returncode == -signal.SIGXCPU
