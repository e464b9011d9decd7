"""Scores with all that made them, entries, disputes, and what one may speak about."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guild.contracts.models import Contract
from guild.core.ids import AttestationId, ContractId, DisputeId, MemberId, OrganisationId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Member, Organisation
from guild.reputation import rules
from guild.reputation.access import LINK_PURPOSE, about_actor, has_tie
from guild.reputation.errors import (
    AttestationNotFound,
    DisputeNotFound,
    NoSuchParty,
    NothingToRate,
)
from guild.reputation.models import (
    Attestation,
    AttestationDispute,
    AttestationInvitation,
    ReputationParty,
)
from guild.reputation.queries.keys import client_key, member_key, rules_of
from guild.reputation.rules import Entry, Score, Side, Weighed
from guild.reputation.schemas import (
    AttestationOut,
    DisputeOut,
    EntryOut,
    ExplanationOut,
    RateableOut,
    ScoreOut,
)

PUBLIC: Final = ("published", "contested", "struck")
HIDDEN_NAME: Final = "not shown"
"""What others see in place of the other side's name."""


async def member_score(work: Work, member_id: MemberId) -> ScoreOut:
    """A member's score, for every member."""
    await _member(work, member_id)
    party = await _party(work, member_key(work, member_id))
    return (await _explain(work, party, "freelancer", named=False)).score


async def member_explanation(work: Work, member_id: MemberId) -> ExplanationOut:
    """Every entry about a member with its weight; names are for her own eyes."""
    await _member(work, member_id)
    party = await _party(work, member_key(work, member_id))
    named = work.actor.is_member(member_id)
    return await _explain(work, party, "freelancer", named=named)


async def client_explanation(work: Work, client_id: OrganisationId) -> ExplanationOut:
    """Every entry about a client, whoever brought it; members' names are not shown."""
    client = await work.session.get(Organisation, client_id)
    if client is None:
        raise NoSuchParty
    return await _explain(work, await _party(work, client_key(work, client)), "client", named=False)


async def entries_about_me(work: Work) -> Sequence[EntryOut]:
    """The published entries whose subject is the actor, newest first, weighed."""
    if work.actor.kind == "member":
        return (await member_explanation(work, work.actor.member_id)).entries
    rows = (await work.session.scalars(select(Attestation).where(about_actor(work.actor)))).all()
    entries: list[EntryOut] = []
    for row in rows:
        party = await work.session.get_one(ReputationParty, row.subject_party)
        whole = await _explain(work, party, "client", named=False)
        entries += [entry for entry in whole.entries if entry.id == row.id]
    return entries


async def entry_about_me(work: Work, attestation_id: AttestationId) -> EntryOut:
    """One of them; raises AttestationNotFound."""
    for entry in await entries_about_me(work):
        if entry.id == attestation_id:
            return entry
    raise AttestationNotFound


async def _member(work: Work, member_id: MemberId) -> Member:
    member = await work.session.get(Member, member_id)
    if member is None or member.state not in {"member", "on_leave"}:
        raise NoSuchParty
    return member


async def _party(work: Work, key: bytes) -> ReputationParty | None:
    return await work.session.scalar(select(ReputationParty).where(ReputationParty.key == key))


async def _rows(session: AsyncSession, party_id: UUID, side: Side) -> Sequence[Attestation]:
    found = await session.scalars(
        select(Attestation)
        .where(
            Attestation.subject_party == party_id,
            Attestation.about == side,
            Attestation.state.in_(PUBLIC),
        )
        .order_by(Attestation.submitted_at.desc(), Attestation.id.desc())
    )
    return found.all()


def entry_of(row: Attestation) -> Entry:
    """A published statement as the formula reads it."""
    assert row.payload is not None
    said = json.loads(row.payload)
    return Entry(
        commitment=row.commitment.hex(),
        owner=said["subject_owner"],
        counterparty=said["author_owner"],
        contract=said["contract"],
        period=said["period"],
        answers=said["answers"],
        standing=row.state,  # type: ignore[arg-type]
    )


async def _circles(
    session: AsyncSession, window_months: int, now: datetime
) -> frozenset[rules.Relation]:
    """Where work went round in a circle, by all published entries of the window."""
    first = now.year * 12 + now.month - window_months  # months since year 0, January being 0
    since = datetime(first // 12, first % 12 + 1, 1, tzinfo=UTC)
    rows = await session.execute(
        select(Attestation.about, Attestation.subject_owner, Attestation.author_owner)
        .where(Attestation.state == "published", Attestation.submitted_at >= since)
        .distinct()
    )
    return rules.circular(
        (subject, author) if about == "freelancer" else (author, subject)
        for about, subject, author in rows
        if subject is not None and author is not None
    )


async def _explain(
    work: Work, party: ReputationParty | None, side: Side, *, named: bool
) -> ExplanationOut:
    terms = rules_of(await charter_at(work))
    as_of = rules.month_of(work.now)
    rows = [] if party is None else await _rows(work.session, party.id, side)
    circles = await _circles(work.session, terms.window_months, work.now)
    score = rules.score([entry_of(row) for row in rows], side, terms, as_of, circles)
    alpha, beta = terms.prior_alpha, terms.prior_beta
    positive, weight = _plain(score.positive), _plain(score.weight)
    return ExplanationOut(
        score=_score_out(score, side, terms.charter_version, as_of),
        pseudonym=party.pseudonym if party else None,
        positive=positive,
        weight=weight,
        sum=f"({positive} + {alpha}) ÷ ({weight} + {alpha + beta})",
        formula=rules.FORMULA,
        formula_version=rules.FORMULA_VERSION,
        weights=terms.weights[side],
        window_months=terms.window_months,
        min_projects=terms.min_projects,
        min_clients=terms.min_clients,
        max_share_per_counterparty_bps=terms.max_share_per_counterparty_bps,
        entries=await _entries_out(work, rows, score.entries, named=named),
    )


def _plain(value: Fraction) -> str:
    return str(rules.rounded(value).quantize(rules.SHOWN))


def _score_out(score: Score, side: Side, charter_version: int, as_of: str) -> ScoreOut:
    return ScoreOut(
        side=side,
        state=score.state,
        mean=None if score.mean is None else str(score.mean),
        lower=None if score.lower is None else str(score.lower),
        projects=score.projects,
        counterparties=score.counterparties,
        charter_version=charter_version,
        as_of=as_of,
    )


async def _entries_out(
    work: Work, rows: Sequence[Attestation], weighed: Sequence[Weighed], *, named: bool
) -> list[EntryOut]:
    disputes = await work.session.scalars(
        select(AttestationDispute).where(
            AttestationDispute.attestation_id.in_([row.id for row in rows])
        )
    )
    by_entry = {dispute.attestation_id: dispute for dispute in disputes}
    known = await work.session.execute(
        select(Contract.id, Contract.number, Contract.title, Organisation.name)
        .join(Organisation, Organisation.id == Contract.client_id)
        .where(Contract.id.in_([row.contract_id for row in rows] if named else []))
    )
    names = {contract: (f"{title} ({number})", name) for contract, number, title, name in known}
    hidden = (HIDDEN_NAME, HIDDEN_NAME)
    return [
        EntryOut(
            id=row.id,
            period=one.entry.period,
            contract=names.get(row.contract_id, hidden)[0],
            counterparty=names.get(row.contract_id, hidden)[1],
            answers=one.entry.answers,
            standing=row.state,
            value=_plain(one.value),
            weight=_plain(one.weight),
            excluded=one.excluded,
            reply=row.reply,
            dispute=dispute_out(work, by_entry[row.id])
            if row.id in by_entry and (named or work.actor.kind == "contact")
            else None,
            commitment=one.entry.commitment,
        )
        for row, one in zip(rows, weighed, strict=True)
    ]


def dispute_out(work: Work, dispute: AttestationDispute) -> DisputeOut:
    """A dispute as its parties and the reps see it."""
    return DisputeOut(
        id=dispute.id,
        attestation_id=dispute.attestation_id,
        opened_by=dispute.opened_by,
        reason=dispute.reason,
        opened_at=dispute.opened_at,
        due_at=dispute.due_at,
        late=dispute.state == "open" and dispute.due_at < work.now,
        state=dispute.state,
        ruling=dispute.ruling,
        ruled_at=dispute.ruled_at,
    )


async def dispute_for(work: Work, dispute_id: DisputeId) -> DisputeOut:
    """One dispute: for a rep without a tie, or for the subject of the entry."""
    found = await work.session.get(AttestationDispute, dispute_id)
    if found is None:
        raise DisputeNotFound
    mine = select(Attestation.id).where(
        Attestation.id == found.attestation_id, about_actor(work.actor)
    )
    if await work.session.scalar(mine) is None:
        entry = await work.session.get_one(Attestation, found.attestation_id)
        rep = work.actor.kind == "member" and work.actor.may(Permission.REPUTATION_RULE)
        if not rep or await has_tie(work, work.actor.member_id, entry):
            raise DisputeNotFound
    return dispute_out(work, found)


async def open_disputes(work: Work) -> list[DisputeOut]:
    """What waits for a ruling, the most urgent first; without those the rep has a tie to."""
    rows = await work.session.execute(
        select(AttestationDispute, Attestation)
        .join(Attestation, Attestation.id == AttestationDispute.attestation_id)
        .where(AttestationDispute.state == "open")
        .order_by(AttestationDispute.due_at)
        .limit(100)
    )
    rep = work.actor.member_id
    return [
        dispute_out(work, dispute)
        for dispute, entry in rows.all()
        if not await has_tie(work, rep, entry)
    ]


async def disputed_words(
    work: Work, disputes: Sequence[DisputeOut]
) -> dict[AttestationId, tuple[str, rules.Entry]]:
    """Whom the disputed entries are about and what they say, for the rep who may rule on them."""
    rows = await work.session.scalars(
        select(Attestation).where(
            Attestation.id.in_([one.attestation_id for one in disputes]),
            Attestation.payload.is_not(None),
        )
    )
    return {row.id: (row.about, entry_of(row)) for row in rows}


def attestation_out(said: Attestation) -> AttestationOut:
    """A statement as its author sees it."""
    return AttestationOut(
        id=said.id,
        contract_id=said.contract_id,
        about=said.about,
        state=said.state,
        commitment=said.commitment.hex(),
        reveal_at=said.reveal_at,
    )


async def rateable(work: Work, contract_id: ContractId | None = None) -> RateableOut:
    """A finished contract about which the actor may speak, and the charter's questions.

    A client's link says which contract. Raises NothingToRate.
    """
    link = work.actor.link
    if link is not None and link.purpose == LINK_PURPOSE:
        contract_id = ContractId(link.subject_id)
    if contract_id is None:
        raise NothingToRate
    contract = await work.session.get(Contract, contract_id)
    invitation = await work.session.get(AttestationInvitation, contract_id)
    if contract is None or invitation is None:
        raise NothingToRate
    if link is None and not work.actor.is_member(contract.member_id):
        raise NothingToRate
    about: Side = "client" if link is None else "freelancer"
    member = await work.session.get_one(Member, contract.member_id)
    client = await work.session.get_one(Organisation, contract.client_id)
    spoken = select(Attestation.id).where(
        Attestation.contract_id == contract_id, Attestation.about == about
    )
    charter = await charter_at(work)
    return RateableOut(
        contract_id=contract_id,
        contract_number=contract.number,
        title=contract.title,
        counterparty=client.name if link is None else member.display_name,
        closes_at=invitation.closes_at,
        questions=sorted(charter.reputation.weights[about]),
        spoken=await work.session.scalar(spoken) is not None,
    )


async def contracts_to_rate(work: Work) -> list[RateableOut]:
    """The member's finished contracts that wait for her word."""
    member_id = work.actor.member_id
    spoken = select(Attestation.contract_id).where(Attestation.about == "client")
    found = await work.session.scalars(
        select(AttestationInvitation.contract_id)
        .join(Contract, Contract.id == AttestationInvitation.contract_id)
        .where(
            Contract.member_id == member_id,
            AttestationInvitation.closes_at > work.now,
            AttestationInvitation.contract_id.not_in(spoken),
        )
        .order_by(AttestationInvitation.closes_at)
    )
    return [await rateable(work, contract_id) for contract_id in found.all()]
