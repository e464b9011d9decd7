"""Applying, the course of a membership, offices, and everything about oneself."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter

from guild.core.ids import MemberId
from guild.core.permissions import Permission, Role
from guild.core.wire import Cursor, Page, PageSize, delete, get, patch, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.schemas import (
    ApplicationIn,
    ApplicationOut,
    DetailsIn,
    LeaveIn,
    MemberOut,
    MeOut,
    ReasonIn,
    RoleGrantOut,
    RoleIn,
)

State = Literal["applicant", "member", "on_leave", "left", "removed"]
RECEIVED = ApplicationOut(message="Thank you. We have written to the address that you gave.")
"""One answer for everybody: the form does not tell who is a member."""


@post(
    "/applications",
    permission=Permission.PUBLIC,
    tags=["members"],
    summary="Apply to join",
    status_code=202,
)
async def apply_to_join(work: Work, data: ApplicationIn) -> ApplicationOut:
    """Ask to become a member. The secretary decides; the answer comes by mail."""
    await commands.apply_to_join(work, data)
    return RECEIVED


@get("/me", permission=Permission.SELF, tags=["members"], summary="Who am I")
async def show_me(work: Work) -> MeOut:
    """Yourself, your offices, and the rights that follow from them."""
    return await queries.me(work)


@patch("/me", permission=Permission.SELF, tags=["members"], summary="Change one's details")
async def change_me(work: Work, data: DetailsIn) -> MeOut:
    """Change your VAT number, enterprise number, small-business scheme or address.

    What is issued from now on says the new ones; issued documents stay as they were. Another
    number waits for a second person (`numbers_waiting`), and the present one holds meanwhile;
    sending the present one takes the wish back.
    """
    await commands.change_details(work, data)
    return await queries.me(work)


@get("/me/export", permission=Permission.SELF, tags=["members"], summary="One's personal data")
async def export_me(work: Work) -> Response[dict[str, Any]]:
    """Everything that the register knows about you, bank account numbers in clear, at once."""
    name = f'attachment; filename="personal-data-{work.today.isoformat()}.json"'
    headers = {"Cache-Control": "no-store", "Content-Disposition": name}
    return Response(await queries.personal_data(work), headers=headers)


@get("/members", permission=Permission.MEMBERS_READ, tags=["members"], summary="The register")
async def list_members(
    work: Work,
    member_state: Annotated[State | None, QueryParameter(name="state")] = None,
    cursor: Cursor | None = None,
    size: PageSize = 50,
) -> Page[MemberOut]:
    """Members, newest first; `state=applicant` lists who waits for admission."""
    return await queries.members_page(work, state=member_state, cursor=cursor, size=size)


@get(
    "/members/{member_id:uuid}",
    permission=Permission.SELF,
    tags=["members"],
    summary="An entry of the register",
)
async def show_member(work: Work, member_id: MemberId) -> MemberOut:
    """Your own entry; the secretary sees everybody's."""
    return await queries.member(work, member_id)


@post(
    "/members/{member_id:uuid}/admit",
    permission=Permission.MEMBERS_ADMIT,
    tags=["members"],
    summary="Admit an applicant",
    status_code=200,
)
async def admit(work: Work, member_id: MemberId) -> MemberOut:
    """Make an applicant a member from today. Nobody admits herself."""
    await commands.admit_member(work, member_id)
    return await queries.member(work, member_id)


@post(
    "/members/{member_id:uuid}/decline",
    permission=Permission.MEMBERS_ADMIT,
    tags=["members"],
    summary="Decline an application",
    status_code=200,
)
async def decline(work: Work, member_id: MemberId, data: ReasonIn) -> MemberOut:
    """Decline, with a reason that the applicant is told."""
    await commands.decline_applicant(work, member_id, data.reason)
    return await queries.member(work, member_id)


@post(
    "/members/{member_id:uuid}/leave",
    permission=Permission.SELF,
    tags=["members"],
    summary="Go on leave",
    status_code=200,
)
async def leave(work: Work, member_id: MemberId, data: LeaveIn) -> MemberOut:
    """Pause your membership: your own affairs stay open to you, your offices rest."""
    await commands.go_on_leave(work, member_id, data.reason)
    return await queries.member(work, member_id)


@post(
    "/members/{member_id:uuid}/return",
    permission=Permission.SELF,
    tags=["members"],
    summary="Return from leave",
    status_code=200,
)
async def come_back(work: Work, member_id: MemberId) -> MemberOut:
    """Take your membership up again."""
    await commands.return_from_leave(work, member_id)
    return await queries.member(work, member_id)


@post(
    "/members/{member_id:uuid}/resign",
    permission=Permission.SELF,
    tags=["members"],
    summary="Resign",
    status_code=200,
)
async def resign(work: Work, member_id: MemberId, data: LeaveIn) -> MemberOut:
    """End your membership. Sessions, keys and offices end with it."""
    await commands.resign(work, member_id, data.reason)
    return await queries.member(work, member_id)


@post(
    "/members/{member_id:uuid}/remove",
    permission=Permission.MEMBERS_REMOVE,
    tags=["members"],
    summary="Remove a member (two persons)",
    status_code=200,
)
async def remove(work: Work, member_id: MemberId, data: ReasonIn) -> MemberOut:
    """The first person's call asks for it; another person's call, with her own reason, does it."""
    await commands.remove_member(work, member_id, data.reason)
    return await queries.member(work, member_id)


@post(
    "/members/{member_id:uuid}/roles",
    permission=Permission.MEMBERS_ROLES,
    tags=["members"],
    summary="Ask for an office",
)
async def request_role(work: Work, member_id: MemberId, data: RoleIn) -> RoleGrantOut:
    """Ask that a member be given an office. A second person has to confirm it."""
    grant = await commands.request_role(
        work, member_id, data.role, reason=data.reason, expires_at=data.expires_at
    )
    return await queries.role_grant(work, grant.id)


@delete(
    "/members/{member_id:uuid}/roles/{role:str}",
    permission=Permission.SELF,
    tags=["members"],
    summary="End an office",
)
async def end_role(work: Work, member_id: MemberId, role: Role) -> None:
    """Lay down your own office, or (the secretary) end another's at once."""
    await commands.end_role(work, member_id, role)


@get(
    "/role-grants",
    permission=Permission.MEMBERS_ROLES,
    tags=["members"],
    summary="Offices that wait for a second person",
)
async def list_role_grants(work: Work) -> list[RoleGrantOut]:
    """Requests for offices that nobody has decided yet, oldest first."""
    return await queries.open_role_grants(work)


@post(
    "/role-grants/{grant_id:uuid}/confirm",
    permission=Permission.MEMBERS_ROLES,
    tags=["members"],
    summary="Confirm an office",
    status_code=200,
)
async def confirm_role(work: Work, grant_id: UUID) -> RoleGrantOut:
    """Agree, as another person than the one who asked and the one who gets it."""
    await commands.confirm_role(work, grant_id)
    return await queries.role_grant(work, grant_id)


@post(
    "/role-grants/{grant_id:uuid}/refuse",
    permission=Permission.MEMBERS_ROLES,
    tags=["members"],
    summary="Refuse an office",
    status_code=200,
)
async def refuse_role(work: Work, grant_id: UUID) -> RoleGrantOut:
    """Refuse a request for an office."""
    await commands.refuse_role(work, grant_id)
    return await queries.role_grant(work, grant_id)


ROUTES = [
    apply_to_join,
    show_me,
    change_me,
    export_me,
    list_members,
    show_member,
    admit,
    decline,
    leave,
    come_back,
    resign,
    remove,
    request_role,
    end_role,
    list_role_grants,
    confirm_role,
    refuse_role,
]
