"""Documents of a claim: sealed, opened under a log, deleted when nobody needs them."""

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from guild.core.errors import Conflict
from guild.core.ids import ClaimId, new_id
from guild.core.permissions import Role
from guild.core.work import Work
from guild.mutual_fund import access, queries
from guild.mutual_fund.errors import (
    EvidenceNotFound,
    EvidenceTooLarge,
    EvidenceUnreadable,
    OwnCase,
)
from guild.mutual_fund.models import (
    Claim,
    ClaimAccess,
    ClaimDecision,
    ClaimEvidence,
    Juror,
    evidence_context,
)
from guild.mutual_fund.schemas import EvidenceContent, EvidenceIn, EvidenceOut, FitsIn

EVIDENCE_MAX_BYTES: Final = 256 * 1024
EVIDENCE_PER_CLAIM_MAX: Final = 20
KEPT_AFTER_DECISION: Final = timedelta(days=60)
"""Documents are deleted this long after the last decision: twice the days of an appeal."""

_MAGIC: Final = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}


def seal(
    work: Work, claim_id: ClaimId, name: str, media_type: str, content: bytes, *, health: bool
) -> ClaimEvidence:
    """Store a document encrypted, bound to its own row."""
    evidence_id = new_id()
    row = ClaimEvidence(
        id=evidence_id,
        claim_id=claim_id,
        name=name,
        media_type=media_type,
        health=health,
        size_bytes=len(content),
        content_sealed=work.keyring.seal(content, context=evidence_context(evidence_id)),
        added_at=work.now,
    )
    work.session.add(row)
    return row


async def add_evidence(work: Work, claim_id: ClaimId, data: EvidenceIn) -> EvidenceOut:
    """Add a document to one's own open claim; it is sealed before it is stored."""
    claim = await queries.claim_for(work, claim_id, lock=True)
    work.require(work.actor.is_member(claim.member_id), "Only the member adds documents.")
    if claim.state not in {"filed", "jury_drawn", "appealed"}:
        raise Conflict("The claim is decided; documents go with an appeal.")
    count = await work.session.scalar(
        select(func.count()).select_from(ClaimEvidence).where(ClaimEvidence.claim_id == claim_id)
    )
    if (count or 0) >= EVIDENCE_PER_CLAIM_MAX:
        raise Conflict(f"A claim takes at most {EVIDENCE_PER_CLAIM_MAX} documents.")
    content = _decoded(data)
    row = seal(work, claim.id, data.name, data.media_type, content, health=data.health)
    await work.session.flush()
    return EvidenceOut(
        id=row.id, name=row.name, media_type=row.media_type, health=row.health,
        size_bytes=row.size_bytes, added_at=row.added_at, fits=None, deleted=False,
    )  # fmt: skip


def _decoded(data: EvidenceIn) -> bytes:
    try:
        content = b64decode(data.content, validate=True)
    except ValueError:
        raise EvidenceUnreadable("The content is not base64.", field="content") from None
    if not content:
        raise EvidenceUnreadable("The document is empty.", field="content")
    if len(content) > EVIDENCE_MAX_BYTES:
        raise EvidenceTooLarge(f"It has {len(content)} bytes; {EVIDENCE_MAX_BYTES} are allowed.")
    if not content.startswith(_MAGIC.get(data.media_type, b"")):
        raise EvidenceUnreadable(f"This is no {data.media_type}.", field="media_type")
    if data.media_type == "text/plain":
        try:
            content.decode()
        except UnicodeDecodeError:
            raise EvidenceUnreadable("The text is not UTF-8.", field="content") from None
    return content


async def open_evidence(work: Work, claim_id: ClaimId, evidence_id: UUID) -> EvidenceContent:
    """Open a document: the opening is logged, and the member sees it."""
    claim = await queries.claim_for(work, claim_id)
    row = await _evidence(work, claim, evidence_id)
    juror = await work.session.scalar(
        select(Juror)
        .where(Juror.claim_id == claim_id, Juror.member_id == work.actor.id)
        .order_by(Juror.round.desc())
        .limit(1)
    )
    capacity = access.capacity_to_open(work.actor, claim, row, juror)
    if capacity is None or row.content_sealed is None:
        raise EvidenceNotFound
    content = work.keyring.open(row.content_sealed, context=evidence_context(row.id))
    work.session.add(
        ClaimAccess(
            id=new_id(),
            claim_id=claim_id,
            evidence_id=row.id,
            member_id=work.actor.member_id,
            capacity=capacity,
            at=work.now,
        )
    )
    return EvidenceContent(
        id=row.id, name=row.name, media_type=row.media_type, content=b64encode(content).decode()
    )


async def _evidence(work: Work, claim: Claim, evidence_id: UUID) -> ClaimEvidence:
    row = await work.session.get(ClaimEvidence, evidence_id)
    if row is None or row.claim_id != claim.id:
        raise EvidenceNotFound
    return row


async def confirm_evidence(
    work: Work, claim_id: ClaimId, evidence_id: UUID, data: FitsIn
) -> EvidenceOut:
    """A rep who has read health data says whether it fits, so that jurors need not read it."""
    claim = await queries.claim_for(work, claim_id)
    work.require(Role.REP in work.actor.roles, "Only a union rep confirms health data.")
    if work.actor.is_member(claim.member_id):
        raise OwnCase
    row = await _evidence(work, claim, evidence_id)
    opened = await work.session.scalar(
        select(ClaimAccess.id)
        .where(
            ClaimAccess.evidence_id == evidence_id,
            ClaimAccess.member_id == work.actor.member_id,
            ClaimAccess.capacity == "rep",
        )
        .limit(1)
    )
    if opened is None:
        raise Conflict("Read the document before you say whether it fits.")
    row.fits, row.fits_by = data.fits, work.actor.member_id
    await work.session.flush()
    return EvidenceOut(
        id=row.id, name=row.name, media_type=row.media_type, health=row.health,
        size_bytes=row.size_bytes, added_at=row.added_at, fits=row.fits, deleted=False,
    )  # fmt: skip


async def forget_evidence(work: Work) -> int:
    """Delete the contents of documents that no appeal can need any more; returns how many."""
    latest = (
        select(func.max(ClaimDecision.decided_at))
        .where(ClaimDecision.claim_id == ClaimEvidence.claim_id)
        .scalar_subquery()
    )
    rows = await work.session.scalars(
        select(ClaimEvidence)
        .join(Claim, Claim.id == ClaimEvidence.claim_id)
        .where(
            ClaimEvidence.content_sealed.is_not(None),
            Claim.state.in_(["granted", "part", "rejected", "paid", "withdrawn"]),
            func.coalesce(latest, Claim.filed_at) < work.now - KEPT_AFTER_DECISION,
        )
        .with_for_update(of=ClaimEvidence, skip_locked=True)
        .limit(500)
    )
    count = 0
    for row in rows:
        row.content_sealed, row.deleted_at = None, work.now
        count += 1
    return count
