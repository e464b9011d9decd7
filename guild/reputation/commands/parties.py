"""Pseudonyms, and the scoring rules as the log commits to them."""

import secrets

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.reputation import rules
from guild.reputation.models import ReputationParty, ReputationRules
from guild.reputation.queries.keys import rules_of
from guild.translog.commands import append_leaf


async def party_of(work: Work, kind: str, key: bytes) -> ReputationParty:
    """The party with that key, made with a fresh random pseudonym where it is new."""
    made = {"id": new_id(), "kind": kind, "key": key, "pseudonym": secrets.token_hex(16)}
    await work.session.execute(insert(ReputationParty).values(made).on_conflict_do_nothing())
    found = await work.session.scalar(select(ReputationParty).where(ReputationParty.key == key))
    assert found is not None
    return found


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
