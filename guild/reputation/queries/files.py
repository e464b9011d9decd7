"""What leaves the house: a member's signed export, the public files; and what must always hold."""

import json
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.reputation import rules
from guild.reputation.models import (
    Attestation,
    AttestationDispute,
)
from guild.reputation.queries.keys import rules_of
from guild.reputation.queries.reading import entry_of, member_explanation
from guild.reputation.rules import Entry, Side
from guild.reputation.schemas import (
    ExportOut,
)
from guild.translog.checkpoint import sign_note
from guild.translog.models import LogLeaf
from guild.translog.queries import signed_statements, signer_of


async def my_export(work: Work) -> ExportOut:
    """The member's own ledger, whole and signed, so that it is worth something elsewhere."""
    explained = await member_explanation(work, work.actor.member_id)
    content = {
        "v": 1,
        "member": str(work.actor.member_id),
        "made_at": work.now.isoformat(),
        "explanation": msgspec.to_builtins(explained),
    }
    document = rules.canonical(content)
    text = f"reputation export\n{rules.digest(document)}\n"
    return ExportOut(document=document.decode(), note=sign_note(text, signer_of(work)))


async def public_export(work: Work) -> dict[str, bytes]:
    """The reputation's share of the public files that `guild.translog.verify` reads.

    Exactly what the signed log says: run the sequencer first to have the newest statements in it.
    """
    standings = await _signed_standings(work)
    rows = (
        await work.session.scalars(
            select(Attestation)
            .where(Attestation.payload.is_not(None))
            .order_by(Attestation.submitted_at, Attestation.id)
        )
    ).all()
    opened = [row for row in rows if standings.get(row.commitment.hex(), "erased") != "erased"]
    terms, as_of = rules_of(await charter_at(work)), rules.month_of(work.now)
    groups: dict[tuple[Side, str], list[Entry]] = {}
    lines = []
    for row in opened:
        assert row.salt is not None
        assert row.payload is not None
        name, said = row.commitment.hex(), json.loads(row.payload)
        opening = {"commitment": name, "salt": row.salt.hex(), "payload": row.payload.decode()}
        lines.append(json.dumps(opening) + "\n")
        standing = "published" if standings[name] == "upheld" else standings[name]
        entry = msgspec.structs.replace(entry_of(row), standing=standing)
        groups.setdefault((said["about"], said["subject"]), []).append(entry)
    everything = [(side, one) for (side, _), entries in groups.items() for one in entries]
    circles = rules.circular(rules.relations_of(everything, terms, as_of))
    scores = [
        rules.published(rules.score(entries, side, terms, as_of, circles), side, subject)
        for (side, subject), entries in sorted(groups.items())
    ]
    published = {
        "as_of": as_of,
        "formula_version": rules.FORMULA_VERSION,
        "rules": msgspec.to_builtins(terms),
        "scores": scores,
    }
    return {
        "openings.jsonl": "".join(lines).encode(),
        "scores.json": (json.dumps(published, indent=1) + "\n").encode(),
    }


async def _signed_standings(work: Work) -> dict[str, str]:
    said = await signed_statements(work, "attestation-standing")
    return {one["commitment"]: one["standing"] for one in said}


async def commitments_are_in_the_log(session: AsyncSession) -> list[str]:
    """Invariant: what was said is what was committed to, and the log holds each step of it."""
    leaves = await session.scalars(
        select(LogLeaf.leaf)
        .where(LogLeaf.kind.in_(["attestation", "attestation-standing"]))
        .order_by(LogLeaf.seq)
    )
    committed: set[str] = set()
    standings: dict[str, str] = {}
    for leaf in leaves:
        said: dict[str, Any] = json.loads(leaf)
        if said["kind"] == "attestation":
            committed.add(said["commitment"])
        else:
            standings[said["commitment"]] = said["standing"]
    broken = []
    for row in await session.scalars(select(Attestation).order_by(Attestation.id)):
        name, wanted = f"attestation {row.id}", row.commitment.hex()
        if wanted not in committed:
            broken.append(f"{name}: the log has no commitment to it")
        standing = standings.get(wanted, "hidden")
        if ("published" if standing == "upheld" else standing) != row.state:
            broken.append(f"{name}: is {row.state}, the log says {standing}")
        if row.salt and rules.commitment(row.salt, row.payload or b"") != row.commitment:
            broken.append(f"{name}: its opening does not fit its commitment")
    return broken


async def contested_entries_have_a_dispute(session: AsyncSession) -> list[str]:
    """Invariant: contested, upheld and struck entries agree with their disputes."""
    rows = await session.execute(
        select(Attestation.id, Attestation.state, AttestationDispute.state).outerjoin(
            AttestationDispute, AttestationDispute.attestation_id == Attestation.id
        )
    )
    fits: dict[str, set[str | None]] = {
        "hidden": {None},
        "published": {None, "upheld"},
        "contested": {"open"},
        "struck": {"struck"},
        "erased": {None, "upheld", "struck", "dropped"},
    }
    return [
        f"attestation {entry}: is {state}, its dispute is {dispute}"
        for entry, state, dispute in rows
        if dispute not in fits[state]
    ]


INVARIANTS = [commitments_are_in_the_log, contested_entries_have_a_dispute]
