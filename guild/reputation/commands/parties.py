"""Pseudonyms, and the scoring rules as the log commits to them."""

import secrets

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Contact, Member
from guild.reputation import rules
from guild.reputation.models import ReputationParty, ReputationRules
from guild.reputation.queries.keys import business_key, member_key, rules_of
from guild.translog.commands import append_leaf


async def party_of(work: Work, kind: str, key: bytes) -> ReputationParty:
    """The party with that key, made with a fresh random pseudonym where it is new."""
    made = {"id": new_id(), "kind": kind, "key": key, "pseudonym": secrets.token_hex(16)}
    await work.session.execute(insert(ReputationParty).values(made).on_conflict_do_nothing())
    found = await work.session.scalar(select(ReputationParty).where(ReputationParty.key == key))
    assert found is not None
    return found


async def owner_of_member(work: Work, member: Member) -> str:
    """The pseudonym of who stands behind a member: her business, where she has a number, under the
    name that it has as a client of others; else she herself.
    """
    key = business_key(work, member.vat_number, member.country, member.enterprise_number)
    party = (
        await party_of(work, "client", key)
        if key
        else await party_of(work, "member", member_key(work, member.id))
    )
    assert party.pseudonym is not None
    return party.pseudonym


async def owner_of_client(work: Work, firm: ReputationParty, contact: Contact) -> str:
    """The pseudonym of who stands behind a client firm: the member who is its contact, if one is,
    else the firm (whose name is that of a member's business, if it is one).
    """
    behind = await work.session.scalar(
        select(Member).where(Member.email == contact.email.lower()).limit(1)
    )
    if behind is not None:
        return await owner_of_member(work, behind)
    assert firm.pseudonym is not None
    return firm.pseudonym


async def log_rules(work: Work) -> None:
    """Commit to the scoring rules in force, once per charter version."""
    charter = await charter_at(work)
    sha256 = rules.rules_hash(msgspec.to_builtins(rules_of(charter)))
    added = await work.session.scalar(
        insert(ReputationRules)
        .values(charter_version=charter.version, sha256=sha256)
        .on_conflict_do_nothing()
        .returning(ReputationRules.charter_version)
    )
    if added is not None:
        append_leaf(work, "scoring-rules", {"charter_version": charter.version, "sha256": sha256})
