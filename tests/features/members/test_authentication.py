"""What a request costs and what two at once may do."""

import asyncio
from typing import Any

import httpx
import pytest

from guild.core.errors import GuildError
from guild.core.permissions import Role
from guild.core.work import System, begin_work
from guild.members import commands
from guild.members.commands.sign_in import HASHES_AT_ONCE, HASHES_WAITING_MAX, hash_turn
from guild.members.schemas import ApiKeyIn
from guild.web.rate_limits import STRANGER
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.golden.statements_counted import counted


async def test_one_statement_tells_who_acts(
    make: Factories, signed_in: Any, http: httpx.AsyncClient, system: System, as_: As
) -> None:
    mira = await make.member(roles=[Role.TREASURER])
    client = await signed_in(mira)
    async with as_(make.actor(mira)) as work:
        key = await commands.make_api_key(
            work,
            ApiKeyIn(name="k", scopes=frozenset({"charter:read"})),  # type: ignore[arg-type]
        )
    for who, headers in (
        (client, {}),
        (http, {"Authorization": f"Bearer {key.secret}"}),
    ):
        with counted(system.engine) as seen:
            assert (await who.get("/api/v1/charter", headers=headers)).status_code == 200
        # Who acts (with the charter's head), the history if not remembered, the published row.
        assert sum("member_role" in sql for sql in seen) == 1
        assert len(seen) <= 3, seen


async def test_strangers_cost_no_look_up(http: httpx.AsyncClient, system: System) -> None:
    with counted(system.engine) as seen:
        await http.get("/api/v1/charter")
    assert not any("session" in sql for sql in seen)


async def test_last_seen_is_written_at_most_every_ten_minutes(
    make: Factories, signed_in: Any, system: System, clock: Clock
) -> None:
    client = await signed_in(await make.member())
    body = {"name": "A", "kind": "consumer", "country": "BE", "street": "S 1", "postcode": "1000",
            "city": "B", "email": "a@b.example"}  # fmt: skip
    with counted(system.engine) as seen:
        await client.post("/api/v1/organisations", json=body)
        clock.advance(minutes=11)
        await client.post("/api/v1/organisations", json=body)
        await client.post("/api/v1/organisations", json=body)
        await client.get("/api/v1/organisations")
    assert sum("UPDATE session" in sql for sql in seen) == 1


async def test_two_at_once_decide_a_bank_account_once(committing: System) -> None:
    make = Factories(committing)
    deciders = [await make.member(roles=[Role.TREASURER]) for _ in range(4)]
    account = await make.bank_account(await make.member())

    async def one(number: int) -> bool:
        try:
            async with begin_work(committing, make.actor(deciders[number])) as work:
                if number % 2:
                    await commands.approve_bank_account(work, account.id)
                else:
                    await commands.reject_bank_account(work, account.id, "Looks wrong to me")
        except GuildError:
            return False
        return True

    done = await asyncio.gather(*(one(n) for n in range(4)))
    # One approval, which a rejection may still stop; never two approvals.
    assert sum(done[1::2]) <= 1
    assert any(done)


async def test_the_queue_for_hashing_is_bounded(as_: As) -> None:
    async with as_() as work:
        gate = hash_turn(work)
        for _ in range(HASHES_AT_ONCE):
            await gate.__aenter__()
        waiting = [asyncio.create_task(gate.__aenter__()) for _ in range(HASHES_WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(GuildError, match="signing in"):
            await gate.__aenter__()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await gate.__aexit__()


async def test_strangers_have_a_ceiling(http: httpx.AsyncClient) -> None:
    """Even on a public route that has no limit of its own."""
    answers = [
        (await http.delete("/api/v1/session")).status_code for _ in range(STRANGER.tries + 1)
    ]
    assert answers == [204] * STRANGER.tries + [429]


async def test_a_stored_id_of_another_kind_is_nobody(http: httpx.AsyncClient) -> None:
    for value in ("x" * 101, "", "ü", "a b", "\x7f"):
        cookie = f"guild={value}".encode()
        answer = await http.get("/api/v1/me", headers={b"Cookie": cookie})
        assert answer.status_code == 401
