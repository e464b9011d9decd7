"""Memberships and offices: who may decide, what ends with what, every illegal move."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.errors import Forbidden, IllegalMove
from guild.core.lifecycle import Lifecycle
from guild.core.permissions import SYSTEM, Permission, Role
from guild.core.work import System, begin_work
from guild.members import commands, queries
from guild.members.errors import (
    AlreadyFounded,
    AlreadyKnown,
    MemberNotFound,
    OwnCase,
    RoleNotAllowed,
    SecondPersonNeeded,
)
from guild.members.models import (
    BANK_ACCOUNT,
    MEMBERSHIP,
    NUMBER_CHANGE,
    ROLE_GRANT,
    ApiKey,
    Member,
    MemberRole,
    WebSession,
)
from guild.members.schemas import ApiKeyIn, ApplicationIn
from tests.conftest import As, Clock
from tests.factories import Factories

WHY = "Because the assembly decided so"


async def refused(session: AsyncSession, sql: str, **values: Any) -> str:
    """The SQLSTATE with which the database refuses a statement."""
    with pytest.raises(DBAPIError) as caught:
        async with session.begin_nested():
            await session.execute(text(sql), values)
    return str(getattr(caught.value.orig, "sqlstate", ""))


async def breaches(system: System) -> list[str]:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return [b for check in queries.INVARIANTS for b in await check(work.session)]


@pytest.mark.parametrize(
    "lifecycle", [MEMBERSHIP, ROLE_GRANT, BANK_ACCOUNT, NUMBER_CHANGE], ids=lambda x: x.name
)
def test_every_move_that_is_not_listed_is_refused(lifecycle: Lifecycle) -> None:
    for state in lifecycle.states:
        for action, (sources, target) in lifecycle.moves.items():
            row = SimpleNamespace(state=state)
            if state in sources:
                lifecycle.move(row, action)
                assert row.state == target
            else:
                with pytest.raises(IllegalMove):
                    lifecycle.move(row, action)


async def test_the_course_of_a_membership(make: Factories, as_: As, system: System) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    mira = await make.member()
    async with as_(make.actor(mira)) as work:
        assert (await commands.go_on_leave(work, mira.id)).state == "on_leave"
    async with as_(make.actor(secretary)) as work:
        assert (await commands.return_from_leave(work, mira.id)).state == "member"
    async with as_(make.actor(mira)) as work:
        await commands.resign(work, mira.id, "Moving abroad")
    async with as_(make.actor(mira)) as work:
        with pytest.raises(IllegalMove):
            await commands.return_from_leave(work, mira.id)
    async with as_() as work:
        steps = (
            await work.session.execute(
                text("SELECT action FROM member_step WHERE member_id = :m ORDER BY id"),
                {"m": mira.id},
            )
        ).scalars()
        assert list(steps) == ["admit", "leave", "return", "resign"]
    assert await breaches(system) == []


async def test_all_rights_end_with_the_membership(
    make: Factories, as_: As, signed_in: Any, http: httpx.AsyncClient, system: System
) -> None:
    mira = await make.member(roles=[Role.TREASURER])
    client = await signed_in(mira)
    async with as_(make.actor(mira)) as work:
        key = await commands.make_api_key(
            work, ApiKeyIn(name="books", scopes=frozenset({Permission.CONTRACTS_READ}))
        )
    bearer = {"Authorization": f"Bearer {key.secret}"}
    assert (await http.get("/api/v1/organisations", headers=bearer)).status_code == 403
    answer = await client.post(f"/api/v1/members/{mira.id}/resign", json={})
    assert answer.status_code == 200, answer.text
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await http.get("/api/v1/organisations", headers=bearer)).status_code == 401
    async with as_() as work:
        session = work.session
        assert await session.scalar(select(func.count()).select_from(WebSession)) == 0
        assert await session.scalar(select(ApiKey.revoked_at)) is not None
        assert await session.scalar(select(MemberRole.ended_at)) is not None
    assert await breaches(system) == []


async def test_a_state_written_by_hand_ends_rights_too(
    make: Factories, as_: As, signed_in: Any, system: System
) -> None:
    """Authentication reads the state itself; the invariant tells the operator."""
    mira = await make.member(roles=[Role.TREASURER])
    client = await signed_in(mira)
    async with as_() as work:
        await work.session.execute(
            text("UPDATE member SET state = 'left' WHERE id = :m"), {"m": mira.id}
        )
    assert (await client.get("/api/v1/me")).status_code == 401
    assert {b.split(" still has ")[-1] for b in await breaches(system)} >= {
        "a session",
        "an office",
    }


async def test_on_leave_offices_rest(make: Factories, as_: As, signed_in: Any) -> None:
    mira = await make.member(roles=[Role.TREASURER])
    async with as_(make.actor(mira)) as work:
        await commands.go_on_leave(work, mira.id)
    client = await signed_in(mira)
    me = (await client.get("/api/v1/me")).json()
    assert me["roles"] == ["member"]
    assert "payouts:approve" not in me["permissions"]


async def test_nobody_decides_about_her_own_membership(make: Factories, as_: As) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    async with as_(make.actor(secretary)) as work:
        for decide in (commands.admit_member, lambda w, m: commands.remove_member(w, m, WHY)):
            with pytest.raises(OwnCase):
                await decide(work, secretary.id)


async def test_strangers_see_nothing_of_others(make: Factories, signed_in: Any) -> None:
    mira, jonas = await make.member(), await make.member()
    client = await signed_in(mira)
    for answer in (
        await client.get(f"/api/v1/members/{jonas.id}"),
        await client.post(f"/api/v1/members/{jonas.id}/leave", json={}),
        await client.get(f"/api/v1/members/{UUID(int=1)}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "member_not_found")
    assert (await client.post(f"/api/v1/members/{jonas.id}/admit")).status_code == 403
    assert (await client.get("/api/v1/members")).status_code == 403


async def test_removal_needs_two_persons_with_reasons(
    make: Factories, as_: As, signed_in: Any, system: System
) -> None:
    first = await make.member(roles=[Role.SECRETARY])
    second = await make.member(roles=[Role.SECRETARY])
    mira = await make.member()
    client = await signed_in(first)
    path = f"/api/v1/members/{mira.id}/remove"
    assert (await client.post(path, json={"reason": "no"})).status_code == 400
    asked = await client.post(path, json={"reason": WHY})
    assert (asked.status_code, asked.json()["state"]) == (200, "member")
    again = await client.post(path, json={"reason": WHY})
    assert (again.status_code, again.json()["code"]) == (409, "second_person_needed")
    other = await signed_in(second)
    done = await other.post(path, json={"reason": "I heard both sides and agree"})
    assert done.json()["state"] == "removed"
    async with as_(make.actor(second)) as work:
        with pytest.raises(IllegalMove):
            await commands.remove_member(work, mira.id, WHY)
    assert await breaches(system) == []


async def test_database_refuses_removal_and_return_by_hand(make: Factories, as_: As) -> None:
    mira = await make.member()
    async with as_() as work:
        sql = "UPDATE member SET state = :s WHERE id = :m"
        assert await refused(work.session, sql, s="removed", m=mira.id) == "42501"
        await work.session.execute(text(sql), {"s": "left", "m": mira.id})
        assert await refused(work.session, sql, s="member", m=mira.id) == "42501"
        removal = (
            "INSERT INTO membership_removal (id, member_id, requested_by, requested_at, "
            "request_reason, confirmed_by, confirm_reason) VALUES "
            "(gen_random_uuid(), :m, :a, now(), 'long enough', :b, 'long enough')"
        )
        other = (await make.member()).id
        assert await refused(work.session, removal, m=mira.id, a=other, b=other) == "23514"
        assert await refused(work.session, removal, m=mira.id, a=mira.id, b=other) == "23514"
        assert await refused(work.session, "DELETE FROM member_step") in {"55000", "42501"}


async def test_an_office_takes_two_persons(make: Factories, as_: As, system: System) -> None:
    first = await make.member(roles=[Role.SECRETARY])
    second = await make.member(roles=[Role.SECRETARY])
    mira = await make.member()
    async with as_(make.actor(first)) as work:
        with pytest.raises(OwnCase):
            await commands.request_role(work, first.id, Role.TREASURER, reason=WHY)
        with pytest.raises(RoleNotAllowed):
            await commands.request_role(work, mira.id, Role.MEMBER, reason=WHY)
        grant = await commands.request_role(work, mira.id, Role.TREASURER, reason=WHY)
        with pytest.raises(AlreadyKnown):
            await commands.request_role(work, mira.id, Role.TREASURER, reason=WHY)
        with pytest.raises(SecondPersonNeeded):
            await commands.confirm_role(work, grant.id)
        assert await queries.active_members(work, Role.TREASURER) == []
    async with as_(make.actor(mira)) as work:
        with pytest.raises(Forbidden):
            await commands.confirm_role(work, grant.id)
    async with as_(make.actor(second)) as work:
        await commands.confirm_role(work, grant.id)
        assert await queries.active_members(work, Role.TREASURER) == [mira.id]
        with pytest.raises(IllegalMove):
            await commands.refuse_role(work, grant.id)
    assert await breaches(system) == []
    async with as_() as work:
        application = ApplicationIn(
            email="late@example.org", password=make.PASSWORD, legal_name="Late", country="BE"
        )
        with pytest.raises(AlreadyFounded):
            await commands.create_first_operator(work, application)


async def test_a_secretary_does_not_confirm_her_own_second_office(make: Factories, as_: As) -> None:
    first = await make.member(roles=[Role.SECRETARY])
    second = await make.member(roles=[Role.SECRETARY])
    async with as_(make.actor(first)) as work:
        grant = await commands.request_role(work, second.id, Role.TREASURER, reason=WHY)
    async with as_(make.actor(second)) as work:
        with pytest.raises(OwnCase):
            await commands.confirm_role(work, grant.id)


async def test_offices_expire(make: Factories, as_: As, signed_in: Any, clock: Clock) -> None:
    first = await make.member(roles=[Role.SECRETARY])
    second = await make.member(roles=[Role.SECRETARY])
    mira = await make.member()
    async with as_(make.actor(first)) as work:
        until = clock.moment.replace(hour=14)
        grant = await commands.request_role(
            work, mira.id, Role.TREASURER, reason=WHY, expires_at=until
        )
    async with as_(make.actor(second)) as work:
        await commands.confirm_role(work, grant.id)
    client = await signed_in(mira)
    assert "treasurer" in (await client.get("/api/v1/me")).json()["roles"]
    clock.set(until)
    assert (await client.get("/api/v1/me")).json()["roles"] == ["member"]
    async with as_(make.actor(first)) as work:  # and can be given again
        again = await commands.request_role(work, mira.id, Role.TREASURER, reason=WHY)
    async with as_(make.actor(second)) as work:
        await commands.confirm_role(work, again.id)


async def test_offices_can_be_laid_down_and_ended(make: Factories, as_: As) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    odile = await make.member(roles=[Role.TREASURER, Role.AUDITOR])
    async with as_(make.actor(odile)) as work:
        await commands.end_role(work, odile.id, Role.AUDITOR)
        with pytest.raises(Forbidden):
            await commands.end_role(work, secretary.id, Role.SECRETARY)
    async with as_(make.actor(secretary)) as work:
        await commands.end_role(work, odile.id, Role.TREASURER)
        with pytest.raises(MemberNotFound):
            await commands.end_role(work, odile.id, Role.TREASURER)


async def test_database_refuses_offices_granted_by_hand(make: Factories, as_: As) -> None:
    mira, a, b = await make.member(), await make.member(), await make.member()
    office = (
        "INSERT INTO member_role (id, member_id, role, granted_at, granted_by, confirmed_by, "
        "founding) VALUES (gen_random_uuid(), :m, 'treasurer', now(), :a, :b, false)"
    )
    grant = (
        "INSERT INTO role_grant (id, member_id, role, reason, state, requested_by, requested_at, "
        "decided_by) VALUES (gen_random_uuid(), :m, 'treasurer', 'x', :s, :a, now(), :b)"
    )
    async with as_() as work:
        s = work.session
        for granted, confirmed in ((a.id, b.id), (mira.id, b.id), (a.id, a.id), (a.id, None)):
            state = await refused(s, office, m=mira.id, a=granted, b=confirmed)
            assert state in {"42501", "23514"}
        assert await refused(s, grant, m=mira.id, a=a.id, b=b.id, s="confirmed") == "42501"
        assert await refused(s, grant, m=mira.id, a=mira.id, b=None, s="requested") == "23514"
        await s.execute(text(grant), {"m": mira.id, "a": a.id, "b": None, "s": "requested"})
        confirm = "UPDATE role_grant SET state = 'confirmed', decided_by = :b"
        assert await refused(s, confirm, b=a.id) == "23514"
        assert await refused(s, confirm, b=mira.id) == "23514"


async def test_an_office_cannot_be_handed_on(make: Factories, as_: As) -> None:
    await make.member(roles=[Role.TREASURER])
    jonas = await make.member()
    async with as_() as work:
        hand_on = "UPDATE member_role SET member_id = :j"
        assert await refused(work.session, hand_on, j=jonas.id) == "42501"
        raised = "UPDATE member_role SET role = 'secretary'"
        assert await refused(work.session, raised) == "42501"


async def test_unknown_fields_are_refused(http: httpx.AsyncClient, as_: As) -> None:
    body = {"email": "x@example.org", "password": "correct horse battery", "legal_name": "X",
            "country": "BE", "state": "member"}  # fmt: skip
    assert (await http.post("/api/v1/applications", json=body)).status_code == 400
    async with as_() as work:
        assert await work.session.scalar(select(func.count()).select_from(Member)) == 0


async def test_declined_applicants_are_told_why(
    http: httpx.AsyncClient, make: Factories, as_: As
) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    body = {"email": "x@example.org", "password": "correct horse battery", "legal_name": "X",
            "country": "BE"}  # fmt: skip
    await http.post("/api/v1/applications", json=body)
    async with as_(make.actor(secretary)) as work:
        page = await queries.members_page(work, state="applicant", cursor=None, size=1)
        declined = await commands.decline_applicant(work, page.items[0].id, WHY)
        assert declined.state == "left"


async def test_nobody_resigns_for_another(make: Factories, as_: As, signed_in: Any) -> None:
    secretary, mira = await make.member(roles=[Role.SECRETARY]), await make.member()
    async with as_(make.actor(secretary)) as work:
        with pytest.raises(MemberNotFound):
            await commands.resign(work, mira.id, "She told me so")
    path = f"/api/v1/members/{mira.id}/resign"
    assert (await (await signed_in(secretary)).post(path, json={"reason": "x"})).status_code == 404
    async with as_() as work:
        assert (await work.session.get_one(Member, mira.id)).state == "member"


async def test_an_old_removal_does_not_make_one_person_enough(
    make: Factories, as_: As, clock: Clock
) -> None:
    first, second, third = [await make.member(roles=[Role.SECRETARY]) for _ in range(3)]
    old, gone = await make.member(), await make.member()
    async with as_(make.actor(first)) as work:
        await commands.remove_member(work, old.id, WHY)
    clock.advance(days=31)
    async with as_(make.actor(first)) as work:
        await commands.remove_member(work, gone.id, WHY)
        await commands.end_role(work, first.id, Role.SECRETARY)
    for member in (old, gone):
        async with as_(make.actor(second)) as work:
            assert (await commands.remove_member(work, member.id, WHY)).state == "member"
        async with as_(make.actor(third)) as work:
            assert (await commands.remove_member(work, member.id, WHY)).state == "removed"


async def test_a_request_does_not_outlive_the_office_of_who_asked(make: Factories, as_: As) -> None:
    first = await make.member(roles=[Role.SECRETARY])
    second = await make.member(roles=[Role.SECRETARY])
    mira = await make.member()
    async with as_(make.actor(first)) as work:
        grant = await commands.request_role(work, mira.id, Role.TREASURER, reason=WHY)
        await commands.end_role(work, first.id, Role.SECRETARY)
    async with as_(make.actor(second)) as work:
        with pytest.raises(SecondPersonNeeded):
            await commands.confirm_role(work, grant.id)
    async with as_(make.actor(second)) as work:
        await commands.refuse_role(work, grant.id)


async def test_a_declined_strangers_application_keeps_nobody_out(
    make: Factories, as_: As, http: httpx.AsyncClient
) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    application = {
        "email": "ida@example.org", "password": Factories.PASSWORD, "legal_name": "Ida Example",
        "country": "BE",
    }  # fmt: skip
    states = []
    for _ in range(2):
        assert (await http.post("/api/v1/applications", json=application)).status_code == 202
        async with as_(make.actor(secretary)) as work:
            ida = await work.session.scalar(
                select(Member).where(Member.email == "ida@example.org", Member.state != "left")
            )
            assert ida is not None
            states.append(ida.state)
            await commands.decline_applicant(work, ida.id, WHY)
    assert states == ["applicant", "applicant"]
