"""Filing a claim, its sealed documents, appeal and payment."""

from base64 import b64decode, b64encode
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import ClaimId, PayoutId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission, Role
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, credit, debit
from guild.members.models import Member
from guild.mutual_fund import access, queries
from guild.mutual_fund.errors import (
    AppealClosed,
    DuplicateClaim,
    EvidenceNotFound,
    EvidenceTooLarge,
    EvidenceUnreadable,
    NotYetCovered,
    OwnCase,
    PeriodImpossible,
)
from guild.mutual_fund.events import BenefitPaid, ClaimAppealed, ClaimFiled
from guild.mutual_fund.models import (
    CLAIM,
    Claim,
    ClaimAccess,
    ClaimDecision,
    ClaimEvidence,
    Juror,
)
from guild.mutual_fund.rules import claims as rules
from guild.mutual_fund.schemas import (
    AppealIn,
    ClaimIn,
    ClaimOut,
    EvidenceContent,
    EvidenceIn,
    EvidenceOut,
    FitsIn,
)
from guild.treasury.commands import request_payout
from guild.treasury.schemas import PayoutIn

EVIDENCE_MAX_BYTES = 256 * 1024
EVIDENCE_PER_CLAIM_MAX = 20
KEPT_AFTER_DECISION = timedelta(days=60)
"""Documents are deleted this long after the last decision: twice the days of an appeal."""

_MAGIC = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
_DEAD = ("rejected", "withdrawn")
_SEALED_AS = "claim_evidence.content:"


async def file_claim(work: Work, data: ClaimIn) -> ClaimOut:
    """File a claim and reckon it by the charter; its jury is drawn in the background.

    Raises PeriodImpossible, NotYetCovered (with the day from which it is covered) and
    DuplicateClaim. The statement is sealed like any document.
    """
    member = await work.session.get_one(Member, work.actor.member_id)
    charter = await charter_at(work)
    pot = charter.claims.kinds.get(data.kind)
    if pot is None:
        kinds = ", ".join(sorted(charter.claims.kinds))
        raise Invalid(f"The charter knows these kinds: {kinds}.", field="kind")
    _check_period(work, member, data)
    await queries.lock(work, f"claims of {member.id}")
    worth = await _reckon(work, charter, data)
    claim = Claim(
        id=ClaimId(new_id()),
        member_id=member.id,
        kind=data.kind,
        state=CLAIM.initial,
        started_on=data.started_on,
        since=data.since,
        until=data.until,
        capacity_lost_bps=data.capacity_lost_percent * 100,
        days=worth.days,
        amount_minor=worth.amount_minor,
        currency=charter.guarantee.currency,
        pot=pot,
        charter_version=charter.version,
        filed_at=work.now,
        granted_minor=0,
        paid_minor=0,
    )
    work.session.add(claim)
    await work.session.flush()
    _seal(work, claim.id, "Statement", "text/plain", data.statement.encode(), health=False)
    await work.emit(ClaimFiled(claim_id=claim.id, member_id=member.id, filed_on=work.today))
    await work.session.flush()
    return await queries.view_claim(work, claim)


def _check_period(work: Work, member: Member, data: ClaimIn) -> None:
    if not data.started_on <= data.since <= data.until:
        raise PeriodImpossible(
            "The days run from the first day of the trouble onwards.", field="since"
        )
    if data.until > work.today:
        raise PeriodImpossible(
            "Claims are for days that have passed.",
            mend="Claim the days up to today; claim again for those to come.",
            field="until",
        )
    if member.joined_on is None or data.started_on < member.joined_on:
        raise PeriodImpossible("The fund covers what began after joining.", field="started_on")


async def _reckon(work: Work, charter: Charter, data: ClaimIn) -> rules.Benefit:
    live = [
        Claim.member_id == work.actor.member_id,
        Claim.kind == data.kind,
        or_(Claim.state.not_in(_DEAD), Claim.granted_minor > 0),
    ]
    overlapping = await work.session.scalar(
        select(Claim.id).where(*live, Claim.since <= data.until, Claim.until >= data.since).limit(1)
    )
    if overlapping is not None:
        raise DuplicateClaim(field="since", claim_id=str(overlapping))
    used = await work.session.scalar(
        select(func.sum(Claim.days)).where(*live, Claim.started_on == data.started_on)
    )
    period = rules.Period(
        data.kind, data.started_on, data.since, data.until, data.capacity_lost_percent * 100
    )
    worth = rules.benefit(period, queries.benefit_terms(charter), int(used or 0))
    if worth.days == 0 or worth.amount_minor == 0:
        raise NotYetCovered(
            f"Benefits are paid from {worth.pays_from.isoformat()}, "
            f"for at most {charter.claims.max_days} days.",
            mend="Claim from that day on; if you cannot wait, ask for help in hardship.",
            field="until",
            covered_from=worth.pays_from.isoformat(),
        )
    return worth


def _seal(
    work: Work, claim_id: ClaimId, name: str, media_type: str, content: bytes, *, health: bool
) -> ClaimEvidence:
    evidence_id = new_id()
    row = ClaimEvidence(
        id=evidence_id,
        claim_id=claim_id,
        name=name,
        media_type=media_type,
        health=health,
        size_bytes=len(content),
        content_sealed=work.keyring.seal(content, context=f"{_SEALED_AS}{evidence_id}"),
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
    row = _seal(work, claim.id, data.name, data.media_type, content, health=data.health)
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
    content = work.keyring.open(row.content_sealed, context=f"{_SEALED_AS}{row.id}")
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


async def withdraw_claim(work: Work, claim_id: ClaimId) -> ClaimOut:
    """The member takes her undecided claim back; its jury is sent home."""
    claim = await queries.claim_for(work, claim_id, lock=True)
    work.require(work.actor.is_member(claim.member_id), "Only the member withdraws a claim.")
    CLAIM.move(claim, "withdraw")
    jurors = await work.session.scalars(
        select(Juror).where(Juror.claim_id == claim_id, Juror.state.in_(["invited", "accepted"]))
    )
    for juror in jurors:
        juror.state = "dismissed"
    return await queries.view_claim(work, claim)


async def appeal(work: Work, claim_id: ClaimId, data: AppealIn) -> ClaimOut:
    """Ask another, larger jury: once, within the charter's days; it cannot lower the benefit."""
    claim = await queries.claim_for(work, claim_id, lock=True)
    work.require(work.actor.is_member(claim.member_id), "Only the member appeals.")
    decision = await work.session.get(ClaimDecision, (claim_id, 1))
    charter = await charter_at(work, claim.filed_at)
    if decision is None or claim.appealed_at is not None:
        raise AppealClosed("A claim is appealed once, after its decision.")
    last = rules.may_appeal_until(decision.decided_at.date(), charter.claims.appeal_days)
    if work.today > last:
        raise AppealClosed(f"The last day to appeal was {last.isoformat()}.")
    if claim.granted_minor >= claim.amount_minor:
        raise AppealClosed("The claim was granted in full.")
    CLAIM.move(claim, "appeal")
    claim.appealed_at = work.now
    _seal(work, claim.id, "Appeal", "text/plain", data.statement.encode(), health=False)
    await work.session.flush()
    await work.emit(ClaimAppealed(claim_id=claim_id, member_id=claim.member_id))
    return await queries.view_claim(work, claim)


async def pay_benefit(work: Work, claim_id: ClaimId) -> ClaimOut:
    """Ask the treasury to pay what was granted, less at most a quarter for arrears.

    The treasurer asks, or the member herself; two others approve the payout. Raises Conflict when
    nothing is left to ask for.
    """
    claim = await queries.claim_for(work, claim_id, lock=True)
    if not work.actor.is_member(claim.member_id):
        work.require(Permission.PAYOUTS_PREPARE, "The treasurer asks for benefits.")
    due = claim.granted_minor - claim.paid_minor
    if claim.payout_id is not None or due <= 0:
        raise Conflict("The benefit was asked for already.")
    available = Account("member_available", claim.member_id)
    held = await ledger.lock_account(work, available, claim.currency)
    kept = rules.held_back(due, -held.minor)
    if kept:
        amount = Money(kept, claim.currency)
        await ledger.post(
            work,
            kind="benefit_held_back",
            text="Benefit set against arrears",
            lines=[
                debit("benefit_payable", amount, claim.member_id),
                credit("member_available", amount, claim.member_id),
            ],
            subject=claim.id,
        )
        claim.paid_minor += kept
        await work.write()
    wanted = Money(due - kept, claim.currency)
    payout = await request_payout(
        work, PayoutIn(purpose="benefit", amount=wanted.text, member_id=claim.member_id)
    )
    claim.payout_id = payout.id
    await work.session.flush()
    return await queries.view_claim(work, claim)


async def note_payout(work: Work, payout_id: PayoutId, outcome: str) -> None:
    """Follow what became of a benefit's payout: settled, rejected or returned by the bank."""
    claim = await work.session.scalar(
        select(Claim).where(Claim.payout_id == payout_id).with_for_update()
    )
    if claim is None:
        return
    if outcome == "settled":
        claim.paid_minor = claim.granted_minor
        CLAIM.move(claim, "pay")
        await work.emit(BenefitPaid(claim_id=claim.id, member_id=claim.member_id))
        return
    if outcome == "returned" and claim.state == "paid":
        CLAIM.move(claim, "return")
    claim.payout_id = None


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
