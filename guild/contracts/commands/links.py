"""Personal links of a contract's client."""

import hashlib

from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.ids import ContactId
from guild.core.work import Work
from guild.members import commands as members
from guild.members.models import AccessLink


async def new_link(
    work: Work, contract: Contract, contact_id: ContactId, purpose: str, hours: int
) -> tuple[str, AccessLink]:
    """A personal link for the client: the token for the mail, and the row that knows its hash."""
    token = await members.issue_link(
        work, contact_id, purpose=purpose, subject_id=contract.id, valid_hours=hours
    )
    link = await work.session.scalar(
        select(AccessLink).where(AccessLink.token_hash == hashlib.sha256(token.encode()).digest())
    )
    assert link is not None, "it was made just now"
    return token, link
