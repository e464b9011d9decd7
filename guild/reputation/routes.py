"""JSON doors of the reputation ledger."""

from guild.core.ids import AttestationId, ContractId, DisputeId, MemberId, OrganisationId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.reputation import commands, queries
from guild.reputation.schemas import (
    AnswersIn,
    AttestationIn,
    AttestationOut,
    DisputeIn,
    DisputeOut,
    EntryOut,
    ExplanationOut,
    ExportOut,
    RateableOut,
    ReplyIn,
    RulingIn,
    ScoreOut,
)

TAGS = ["reputation"]


@get(
    "/reputation/contracts",
    permission=Permission.REPUTATION_ATTEST,
    tags=TAGS,
    summary="Finished contracts that wait for your word",
)
async def to_rate(work: Work) -> list[RateableOut]:
    """With the charter's questions about the client, and until when they can be answered."""
    return await queries.contracts_to_rate(work)


@get(
    "/reputation/contracts/{contract_id:uuid}",
    permission=Permission.REPUTATION_ATTEST,
    tags=TAGS,
    summary="One finished contract and its questions",
)
async def rateable(work: Work, contract_id: ContractId) -> RateableOut:
    """404 until the contract is completed and each invoice is paid or overdue."""
    return await queries.rateable(work, contract_id)


@post(
    "/reputation/attestations",
    permission=Permission.REPUTATION_ATTEST,
    tags=TAGS,
    summary="Speak about the client of a finished contract",
)
async def attest(work: Work, data: AttestationIn) -> AttestationOut:
    """The answers are committed to the log at once, and hidden until both sides have spoken or
    the blind period is over.
    """
    return queries.attestation_out(await commands.attest(work, data))


@get(
    "/reputation/link",
    permission=Permission.LINK,
    tags=TAGS,
    summary="The contract of a client's personal link, and its questions",
)
async def link_rateable(work: Work) -> RateableOut:
    """What a client's contact can speak about."""
    return await queries.rateable(work)


@post(
    "/reputation/link/attestation",
    permission=Permission.LINK,
    tags=TAGS,
    summary="Speak about the freelancer of a finished contract",
)
async def attest_as_client(work: Work, data: AnswersIn) -> AttestationOut:
    """The same from the other side, through the personal link in the mail."""
    return queries.attestation_out(await commands.attest_as_client(work, data))


@get(
    "/reputation/link/entries",
    permission=Permission.LINK,
    tags=TAGS,
    summary="What was said about the client in this contract",
)
async def link_entries(work: Work) -> list[EntryOut]:
    """Only once it is public."""
    return list(await queries.entries_about_me(work))


@post(
    "/reputation/link/entries/{attestation_id:uuid}/reply",
    permission=Permission.LINK,
    tags=TAGS,
    summary="Reply to it",
)
async def link_reply(work: Work, attestation_id: AttestationId, data: ReplyIn) -> EntryOut:
    """The reply stands beside the entry wherever it is shown."""
    await commands.reply_to_entry(work, attestation_id, data)
    return await queries.entry_about_me(work, attestation_id)


@post(
    "/reputation/link/entries/{attestation_id:uuid}/dispute",
    permission=Permission.LINK,
    tags=TAGS,
    summary="Dispute it",
)
async def link_dispute(work: Work, attestation_id: AttestationId, data: DisputeIn) -> DisputeOut:
    """The entry leaves the score at once; a rep rules within 14 days."""
    dispute_id = await commands.dispute_entry(work, attestation_id, data)
    return await queries.dispute_for(work, dispute_id)


@get(
    "/reputation/entries",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="Entries about you",
)
async def entries(work: Work) -> list[EntryOut]:
    """All of them, with weights, replies and disputes: there is no hidden input."""
    return list(await queries.entries_about_me(work))


@post(
    "/reputation/entries/{attestation_id:uuid}/reply",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="Reply to an entry about you",
)
async def reply(work: Work, attestation_id: AttestationId, data: ReplyIn) -> EntryOut:
    """The reply stands beside the entry wherever it is shown; a later one replaces it."""
    await commands.reply_to_entry(work, attestation_id, data)
    return await queries.entry_about_me(work, attestation_id)


@post(
    "/reputation/entries/{attestation_id:uuid}/dispute",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="Dispute an entry about you",
)
async def dispute(work: Work, attestation_id: AttestationId, data: DisputeIn) -> DisputeOut:
    """The entry leaves the score at once; a rep without a tie rules within 14 days."""
    dispute_id = await commands.dispute_entry(work, attestation_id, data)
    return await queries.dispute_for(work, dispute_id)


@get(
    "/reputation/disputes",
    permission=Permission.REPUTATION_RULE,
    tags=TAGS,
    summary="Disputes that wait for a ruling",
)
async def disputes(work: Work) -> list[DisputeOut]:
    """The most urgent first, without those that you have a tie to."""
    return await queries.open_disputes(work)


@get(
    "/reputation/disputes/{dispute_id:uuid}",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="One dispute",
)
async def one_dispute(work: Work, dispute_id: DisputeId) -> DisputeOut:
    """For the subject of the entry, and for a rep without a tie."""
    return await queries.dispute_for(work, dispute_id)


@post(
    "/reputation/disputes/{dispute_id:uuid}/ruling",
    permission=Permission.REPUTATION_RULE,
    tags=TAGS,
    summary="Rule on a dispute",
)
async def rule(work: Work, dispute_id: DisputeId, data: RulingIn) -> DisputeOut:
    """`upheld`: the entry stays and counts again. `struck`: it never counts. With reasons."""
    await commands.rule_on_dispute(work, dispute_id, data)
    return await queries.dispute_for(work, dispute_id)


@get(
    "/reputation/members/{member_id:uuid}/score",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="A member's score",
)
async def member_score(work: Work, member_id: MemberId) -> ScoreOut:
    """`new` below the charter's minimum of projects and clients: never a low number."""
    return await queries.member_score(work, member_id)


@get(
    "/reputation/members/{member_id:uuid}/explanation",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="What made a member's score",
)
async def member_explanation(work: Work, member_id: MemberId) -> ExplanationOut:
    """Every entry, its weight and why it has none, the formula and the charter version. Names of
    contracts and clients are for the member alone.
    """
    return await queries.member_explanation(work, member_id)


@get(
    "/reputation/clients/{client_id:uuid}/explanation",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="A client's score and what made it",
)
async def client_explanation(work: Work, client_id: OrganisationId) -> ExplanationOut:
    """From all members who worked for the firm, without their names."""
    return await queries.client_explanation(work, client_id)


@get(
    "/reputation/export",
    permission=Permission.REPUTATION_READ,
    tags=TAGS,
    summary="Your ledger, signed, to take along",
)
async def export(work: Work) -> ExportOut:
    """A JSON document and a signed note over its SHA-256, by the key at `/log/key`."""
    return await queries.my_export(work)


@post(
    "/reputation/members/{member_id:uuid}/erasure",
    permission=Permission.MEMBERS_REMOVE,
    tags=TAGS,
    summary="Erase what was said about and by a person",
    status_code=204,
)
async def erase(work: Work, member_id: MemberId) -> None:
    """Salts, payloads and pseudonym are deleted; the log still verifies."""
    await commands.erase_member(work, member_id)


ROUTES = [
    to_rate, rateable, attest, link_rateable, attest_as_client, link_entries, link_reply,
    link_dispute, entries, reply, dispute, disputes, one_dispute, rule, member_score,
    member_explanation, client_explanation, export, erase,
]  # fmt: skip
