"""Drawing a jury, its members' answers and verdicts, and the decision that follows from them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import aliased

from guild.contracts.models import Contract
from guild.core.errors import Conflict
from guild.core.ids import ClaimId, EntryId, MemberId
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.permissions import Role
from guild.core.wire import money_in
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, credit, debit
from guild.members.models import Member, MemberRole, Organisation
from guild.members.queries.firms import owned_by, same_firm
from guild.mutual_fund import queries
from guild.mutual_fund.commands.benefits import note_paid
from guild.mutual_fund.errors import (
    NoMoreJurors,
    NotOnThisJury,
    PartOutOfRange,
    SeedNotSigned,
    VerdictGiven,
)
from guild.mutual_fund.events import BenefitGranted, ClaimDecided, JuryDrawn
from guild.mutual_fund.models import CLAIM, JUROR, Claim, ClaimDecision, Juror, JuryDraw
from guild.mutual_fund.rules import claims as rules
from guild.mutual_fund.rules import jury
from guild.mutual_fund.schemas import ClaimOut, InvitationIn, VerdictIn
from guild.translog.commands import append_leaf, sequence_soon
from guild.translog.models import LogCheckpoint
from guild.translog.queries import first_checkpoint_over, place_of_statement

_MOVES = {"granted": "grant", "part": "grant_part", "rejected": "reject"}
_REASON = "You get this because your lot was drawn for a jury of the mutual fund."


async def draw_jury(work: Work, claim_id: ClaimId) -> None:
    """Draw the jury of a filed or appealed claim by lot and invite its members.

    The seed comes from the first checkpoint that the log signed over the filing or the appeal, so
    that it does not matter who starts the draw, and when. Raises SeedNotSigned before there is
    one, and NoMoreJurors when too few members are without a conflict.
    """
    claim = await queries.claim_for(work, claim_id, lock=True)
    if work.actor.is_member(claim.member_id):
        raise Conflict("The house draws the jury, not the claimant.")
    CLAIM.move(claim, "draw")
    charter = await charter_at(work)
    round_ = 1 if claim.appealed_at is None else 2
    size = charter.claims.jury_size + (jury.APPEAL_MORE if round_ == 2 else 0)
    candidates = await _candidates(work, claim)
    if len(candidates) < size:
        raise NoMoreJurors(f"{size} are needed, {len(candidates)} have no conflict of interest.")
    checkpoint = await _seeding_checkpoint(work, claim_id, round_)
    head = checkpoint.root
    drawn = jury.draw(head, claim_id, round_, candidates)
    work.session.add(
        JuryDraw(
            claim_id=claim_id,
            round=round_,
            head=head,
            head_size=checkpoint.size,
            seed=drawn.seed,
            candidates_hash=drawn.candidates_hash,
            codes=list(drawn.codes),
            ranked=[str(member_id) for member_id in drawn.ranked],
            jury_size=size,
            drawn_at=work.now,
        )
    )
    for rank, member_id in enumerate(drawn.ranked[:size]):
        await _invite(work, claim, round_, MemberId(member_id), rank)
    await work.session.flush()
    append_leaf(
        work,
        "jury-drawn",
        {
            **_filed(claim_id, round_),
            "checkpoint": checkpoint.size,
            "seed": drawn.seed.hex(),
            "candidates": drawn.candidates_hash.hex(),
            "jury_size": size,
        },
    )
    await work.emit(
        JuryDrawn(
            claim_id=claim_id,
            round=round_,
            head=head.hex(),
            seed=drawn.seed.hex(),
            candidates_hash=drawn.candidates_hash.hex(),
            jury_size=size,
        )
    )


def announce_draw(work: Work, claim_id: ClaimId, round_: int) -> None:
    """Say in the log that a jury will be drawn: what is signed over this leaf makes the seed."""
    append_leaf(work, "claim-filed", _filed(claim_id, round_))
    work.later(sequence_soon)


def _filed(claim_id: ClaimId, round_: int) -> dict[str, str | int]:
    return {"claim": jury.mark_of(claim_id).hex(), "round": round_}


async def _seeding_checkpoint(work: Work, claim_id: ClaimId, round_: int) -> LogCheckpoint:
    place = await place_of_statement(work, "claim-filed", _filed(claim_id, round_))
    found = None if place is None else await first_checkpoint_over(work, place)
    if found is None:
        raise SeedNotSigned
    return found


async def _candidates(work: Work, claim: Claim) -> list[UUID]:
    """Members who may judge.

    They hold no office that acts on claims, share no client with the claimant and are none of her
    clients, and did not sit on the claim's first jury.
    """
    theirs, hers = aliased(Organisation), aliased(Organisation)
    their_contract, her_contract = aliased(Contract), aliased(Contract)
    shares_client = exists(
        select(1)
        .select_from(their_contract)
        .join(theirs, theirs.id == their_contract.client_id)
        .join(hers, same_firm(theirs, hers))
        .join(her_contract, her_contract.client_id == hers.id)
        .where(their_contract.member_id == Member.id, her_contract.member_id == claim.member_id)
    )
    client, for_her = aliased(Organisation), aliased(Contract)
    is_a_client = exists(
        select(1)
        .select_from(for_her)
        .join(client, client.id == for_her.client_id)
        .where(for_her.member_id == claim.member_id, owned_by(Member.id, client))
    )
    sat_before = exists().where(Juror.claim_id == claim.id, Juror.member_id == Member.id)
    rows = await work.session.scalars(
        select(Member.id)
        .where(
            *_free_to_judge(),
            Member.id != claim.member_id,
            ~shares_client,
            ~is_a_client,
            ~sat_before,
        )
        .order_by(Member.id)
    )
    return list(rows)


def _free_to_judge() -> tuple[ColumnElement[bool], ...]:
    """A member today, without an office that acts on claims."""
    holds_office = exists().where(
        MemberRole.member_id == Member.id,
        MemberRole.role.in_([Role.REP.value, Role.TREASURER.value]),
        MemberRole.ended_at.is_(None),
    )
    return Member.state == "member", ~holds_office


async def _invite(work: Work, claim: Claim, round_: int, member_id: MemberId, rank: int) -> None:
    charter = await charter_at(work)
    due = work.now + timedelta(hours=charter.claims.jury_hours)
    work.session.add(
        Juror(
            claim_id=claim.id,
            round=round_,
            member_id=member_id,
            rank=rank,
            state=JUROR.initial,
            invited_at=work.now,
            due_at=due,
        )
    )
    member = await work.session.get_one(Member, member_id)
    send_mail(
        work,
        to=member.email,
        subject="Will you judge a claim?",
        text=(
            "Your lot was drawn: you may decide about a claim on the mutual fund.\n\n"
            f"Say yes or no by {due.day} {due:%B %Y, %H:%M} UTC: {work.settings.base_url}/jury\n"
            "If you say nothing, the next member is asked."
        ),
        reason=_REASON,
        lang=member.language,
    )


async def _invite_next(work: Work, claim: Claim, round_: int) -> bool:
    """Invite whoever was drawn next and may still judge; says whether there was anyone."""
    draw = await work.session.get_one(JuryDraw, (claim.id, round_))
    asked = await work.session.scalar(
        select(func.max(Juror.rank)).where(Juror.claim_id == claim.id, Juror.round == round_)
    )
    first = (asked if asked is not None else -1) + 1
    waiting = [UUID(member_id) for member_id in draw.ranked[first:]]
    free = set(
        await work.session.scalars(
            select(Member.id).where(Member.id.in_(waiting), *_free_to_judge())
        )
    )
    for rank, member_id in enumerate(waiting, first):
        if member_id in free:
            await _invite(work, claim, round_, MemberId(member_id), rank)
            await work.session.flush()
            return True
    return False


async def _my_place(work: Work, claim: Claim) -> Juror:
    juror = await work.session.scalar(
        select(Juror)
        .where(Juror.claim_id == claim.id, Juror.member_id == work.actor.member_id)
        .with_for_update()
    )
    if juror is None:
        raise NotOnThisJury
    return juror


async def answer_invitation(work: Work, claim_id: ClaimId, data: InvitationIn) -> ClaimOut:
    """Say yes or no to judging a claim. A no invites the member who was drawn next."""
    claim = await queries.claim_for(work, claim_id, lock=True)
    juror = await _my_place(work, claim)
    JUROR.move(juror, "accept" if data.accept else "decline")
    if data.accept:
        charter = await charter_at(work)
        juror.due_at = work.now + timedelta(hours=charter.claims.jury_hours)
    elif not await _invite_next(work, claim, juror.round):
        raise NoMoreJurors("You are the last who could be asked; the claim needs your verdict.")
    return await queries.view_claim(work, claim)


async def give_verdict(work: Work, claim_id: ClaimId, data: VerdictIn) -> ClaimOut:
    """Give one's verdict with its reason; the last one makes the decision.

    Raises NotOnThisJury for everybody else (the claimant above all), VerdictGiven, PartOutOfRange.
    """
    claim = await queries.claim_for(work, claim_id, lock=True)
    juror = await _my_place(work, claim)
    if juror.state == "done":
        raise VerdictGiven
    if juror.state == "invited":
        raise NotOnThisJury("Accept the invitation first.")
    amount = {"granted": claim.amount_minor, "rejected": 0}.get(data.outcome)
    if amount is None:
        part = money_in(data.amount or "0", claim.currency, field="amount", zero=True)
        amount = part.minor
        if not 0 < amount < claim.amount_minor:
            raise PartOutOfRange(field="amount")
    JUROR.move(juror, "give_verdict")
    juror.outcome, juror.amount_minor = data.outcome, amount
    juror.reason_code, juror.reason = data.reason_code, data.reason.strip()
    juror.given_at = work.now
    await work.session.flush()
    await _decide_if_complete(work, claim, juror.round)
    return await queries.view_claim(work, claim)


async def _decide_if_complete(work: Work, claim: Claim, round_: int) -> None:
    draw = await work.session.get_one(JuryDraw, (claim.id, round_))
    done = (
        await work.session.scalars(
            select(Juror)
            .where(Juror.claim_id == claim.id, Juror.round == round_, Juror.state == "done")
            .order_by(Juror.rank)
        )
    ).all()
    if len(done) < draw.jury_size:
        return
    opinions = [rules.Opinion(juror.outcome or "", juror.amount_minor or 0) for juror in done]
    decided = rules.decide(opinions, claim.amount_minor)
    agreeing = [juror for juror in done if juror.outcome == decided.outcome] or list(done)
    reasons = "\n\n".join(juror.reason or "" for juror in agreeing)
    decision = ClaimDecision(
        claim_id=claim.id,
        round=round_,
        outcome=decided.outcome,
        amount_minor=decided.amount_minor,
        reason_code=agreeing[0].reason_code or "other",
        reasons=reasons,
        decided_at=work.now,
    )
    await _decide(work, claim, decision)


async def _decide(work: Work, claim: Claim, decision: ClaimDecision) -> None:
    """Set the money aside, as far as the pot holds it, and record the decision for good."""
    # An appeal takes nothing away.
    wanted = max(decision.amount_minor, claim.granted_minor)
    pot = await ledger.lock_account(work, Account(claim.pot), claim.currency)
    extra = min(wanted - claim.granted_minor, max(0, pot.minor))
    if extra < wanted - claim.granted_minor:
        decision.reasons += (
            "\n\nThe pot holds no more at present; the benefit is cut to what it holds."
        )
    granted = claim.granted_minor + extra
    outcome = "granted" if granted == claim.amount_minor else "part" if granted else "rejected"
    decision.outcome, decision.amount_minor = outcome, granted
    decision.entry_id = await _set_aside(work, claim, extra) if extra else None
    decision.charter_version = (await charter_at(work)).version
    CLAIM.move(claim, _MOVES[outcome])
    claim.granted_minor = granted
    note_paid(claim)
    work.session.add(decision)
    await work.session.flush()
    await work.emit(
        ClaimDecided(
            claim_id=claim.id,
            member_id=claim.member_id,
            round=decision.round,
            outcome=outcome,
            amount_minor=granted,
            currency=claim.currency,
            reason_code=decision.reason_code,
            charter_version=decision.charter_version,
        )
    )
    await _tell_claimant(work, claim, outcome)


async def _set_aside(work: Work, claim: Claim, minor: int) -> EntryId:
    amount = Money(minor, claim.currency)
    entry_id = await ledger.post(
        work,
        kind="benefit_granted",
        text="Benefit granted by a jury",
        lines=[debit(claim.pot, amount), credit("benefit_payable", amount, claim.member_id)],
        subject=claim.id,
    )
    await work.emit(
        BenefitGranted(
            claim_id=claim.id,
            member_id=claim.member_id,
            entry_id=entry_id,
            amount_minor=minor,
            currency=claim.currency,
        )
    )
    return entry_id


async def _tell_claimant(work: Work, claim: Claim, outcome: str) -> None:
    member = await work.session.get_one(Member, claim.member_id)
    words = {"granted": "granted", "part": "granted in part", "rejected": "not granted"}
    send_mail(
        work,
        to=member.email,
        subject="Your claim is decided",
        text=(
            f"Your claim was {words[outcome]}. The reasons, and how to appeal: "
            f"{work.settings.base_url}/claims/{claim.id}"
        ),
        reason="You get this because you filed a claim with the mutual fund.",
        lang=member.language,
    )


async def replace_silent_jurors(work: Work, limit: int = 200) -> int:
    """Replace jurors who let their hours pass; returns how many.

    Where nobody is left to ask, the silent one gets the charter's hours again.
    """
    rows = await work.session.execute(
        select(Juror, Claim)
        .join(Claim, and_(Claim.id == Juror.claim_id, Claim.state == "jury_drawn"))
        .where(Juror.state.in_(["invited", "accepted"]), Juror.due_at < work.now)
        .order_by(Juror.due_at)
        .with_for_update(skip_locked=True)
        .limit(limit)
    )
    replaced = 0
    for juror, claim in rows.all():
        if await _invite_next(work, claim, juror.round):
            JUROR.move(juror, "replace")
            replaced += 1
        else:
            charter = await charter_at(work)
            juror.due_at = work.now + timedelta(hours=charter.claims.jury_hours)
    return replaced
