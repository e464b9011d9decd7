"""Members' VAT and enterprise numbers: asked for on one's own account, decided by another."""

from uuid import UUID

from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.schemas import BankRefusalIn, NumberChangeOut


@get("/number-changes", permission=Permission.MEMBERS_APPROVE_ACCOUNT, tags=["members"],
     summary="Members' numbers that wait for a decision")  # fmt: skip
async def list_number_changes(work: Work) -> list[NumberChangeOut]:
    """Other members' new VAT and enterprise numbers, which you may decide, oldest first."""
    return await queries.numbers_waiting(work)


@post("/number-changes/{change_id:uuid}/approve", permission=Permission.MEMBERS_APPROVE_ACCOUNT,
      tags=["members"], summary="Approve a member's numbers", status_code=200)  # fmt: skip
async def approve_numbers(work: Work, change_id: UUID) -> NumberChangeOut:
    """Compare them with the public register first: what is issued from now on says them."""
    await commands.approve_numbers(work, change_id)
    return await queries.number_change(work, change_id)


@post("/number-changes/{change_id:uuid}/reject", permission=Permission.MEMBERS_APPROVE_ACCOUNT,
      tags=["members"], summary="Refuse a member's numbers", status_code=200)  # fmt: skip
async def reject_numbers(work: Work, change_id: UUID, data: BankRefusalIn) -> NumberChangeOut:
    """The present numbers stay; the member is told why."""
    await commands.reject_numbers(work, change_id, data.reason)
    return await queries.number_change(work, change_id)


ROUTES = [list_number_changes, approve_numbers, reject_numbers]
