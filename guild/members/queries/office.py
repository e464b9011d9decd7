"""What waits for a decision in the office: asked once, for the desk and for the start page."""

import msgspec

from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.queries.clients import bank_accounts_waiting
from guild.members.queries.numbers import numbers_waiting
from guild.members.queries.people import members_page, open_role_grants
from guild.members.schemas import BankAccountOut, MemberOut, NumberChangeOut, RoleGrantOut


class OfficeDesk(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for the acting member's decision in the office, by kind; never her own."""

    applicants: list[MemberOut]
    grants: list[RoleGrantOut]
    asked: list[RoleGrantOut]
    """Offices that she asked for, for herself or for another: others decide."""
    numbers: list[NumberChangeOut]
    accounts: list[BankAccountOut]

    @property
    def count(self) -> int:
        """How many decisions, as the start page and the office itself say."""
        decidable = len(self.applicants) + len(self.grants)
        return decidable + len(self.numbers) + len(self.accounts)


async def office_desk(work: Work) -> OfficeDesk:
    """The desk of the office, each kind for those who may decide it."""
    may, own = work.actor.may, work.actor.member_id
    applicants: list[MemberOut] = []
    if may(Permission.MEMBERS_ADMIT):
        applicants = list(
            (await members_page(work, state="applicant", cursor=None, size=100)).items
        )
    grants = await open_role_grants(work) if may(Permission.MEMBERS_ROLES) else []
    return OfficeDesk(
        applicants=applicants,
        grants=[one for one in grants if own not in (one.member_id, one.requested_by)],
        asked=[one for one in grants if own in (one.member_id, one.requested_by)],
        numbers=await numbers_waiting(work),
        accounts=await bank_accounts_waiting(work)
        if may(Permission.MEMBERS_APPROVE_ACCOUNT)
        else [],
    )
