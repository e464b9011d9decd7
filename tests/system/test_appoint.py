"""The founding from the command line: the first people, and a plain no afterwards."""

import asyncio
import io
from argparse import Namespace

import pytest
from sqlalchemy import select

from guild import features
from guild.cli import keeping
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.members.models import Member, MemberRole


def founder(**changes: object) -> Namespace:
    told = {"name": "Una Example", "email": "una@house.example", "country": "BE"}
    return Namespace(**{**told, "role": ["operator", "secretary"], **changes})


async def appoint(
    system: System, monkeypatch: pytest.MonkeyPatch, asked: Namespace, password: str
) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    settings: Settings = system.settings
    return await asyncio.to_thread(keeping.appoint, settings, asked)


async def test_a_founder_is_entered_with_her_offices(
    committing: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await appoint(committing, monkeypatch, founder(), "marmalade-anvil-lantern-42") == 0
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        member = await work.session.scalar(
            select(Member).where(Member.email == "una@house.example")
        )
        assert member is not None
        roles = await work.session.scalars(
            select(MemberRole.role).where(MemberRole.member_id == member.id)
        )
        assert set(roles) == {"operator", "secretary"}
        assert not any((await features.broken_invariants(work)).values())
    assert "founding member" in capsys.readouterr().out
    assert await appoint(committing, monkeypatch, founder(), "marmalade-anvil-lantern-42") == 1
    assert "Not entered" in capsys.readouterr().err


@pytest.mark.parametrize(("changes", "password"), [({"email": "nothing"}, "x" * 20), ({}, "short")])
async def test_what_cannot_be_is_refused_in_a_sentence(
    committing: System,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, object],
    password: str,
) -> None:
    assert await appoint(committing, monkeypatch, founder(**changes), password) == 1
    assert "Not entered" in capsys.readouterr().err
