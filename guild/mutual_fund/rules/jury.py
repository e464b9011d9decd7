"""Drawing a jury by lot so that anyone can draw it again.

    mark  = SHA-256("guild/claim/v1" ‖ claim id)
    seed  = SHA-256("guild/jury/v2" ‖ head ‖ mark ‖ round)
    code  = SHA-256("guild/juror/v1" ‖ claim id ‖ member id)
    rank  = SHA-256(seed ‖ code), smallest first

``head`` is the root hash (32 bytes) of the first checkpoint of the transparency log that was
signed over the claim's own leaf `claim-filed`. So nobody chooses it by choosing when to draw, and
everybody can look it up. The log says `jury-drawn` with mark, size of the checkpoint, seed and the
hash of the codes; the stand-alone verifier reckons the seed again. The sorted codes are shown to
members: they name nobody to outsiders, and each member finds out whether she was in the drum.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

MARK_DOMAIN = b"guild/claim/v1"
SEED_DOMAIN = b"guild/jury/v2"
CODE_DOMAIN = b"guild/juror/v1"

#: An appeal is heard by two more jurors than the first jury had.
APPEAL_MORE = 2


@dataclass(frozen=True, slots=True)
class Draw:
    """A finished draw: its seed, the hash of all codes, and the members in the order drawn."""

    seed: bytes
    candidates_hash: bytes
    codes: tuple[str, ...]
    ranked: tuple[UUID, ...]


def mark_of(claim_id: UUID) -> bytes:
    """The claim's name in the public log; nobody finds the claim from it."""
    return hashlib.sha256(MARK_DOMAIN + claim_id.bytes).digest()


def seed_of(head: bytes, claim_id: UUID, round_: int) -> bytes:
    """The seed of one claim's draw; round 1 is the first jury, round 2 the appeal."""
    return hashlib.sha256(SEED_DOMAIN + head + mark_of(claim_id) + bytes([round_])).digest()


def code_of(claim_id: UUID, member_id: UUID) -> str:
    """A member's name in the drum (hex), different for each claim."""
    return hashlib.sha256(CODE_DOMAIN + claim_id.bytes + member_id.bytes).hexdigest()


def ranked_codes(seed: bytes, codes: Iterable[str]) -> list[str]:
    """The codes in the order in which they are drawn."""
    return sorted(codes, key=lambda code: hashlib.sha256(seed + bytes.fromhex(code)).digest())


def candidates_hash(codes: Iterable[str]) -> bytes:
    """SHA-256 over the sorted codes: what is published before anyone is told."""
    return hashlib.sha256(b"".join(bytes.fromhex(code) for code in sorted(codes))).digest()


def draw(head: bytes, claim_id: UUID, round_: int, candidates: Sequence[UUID]) -> Draw:
    """Rank all candidates; the first ones are the jury, the next ones replace who drops out."""
    seed = seed_of(head, claim_id, round_)
    members = {code_of(claim_id, member_id): member_id for member_id in candidates}
    order = ranked_codes(seed, members)
    return Draw(
        seed=seed,
        candidates_hash=candidates_hash(members),
        codes=tuple(sorted(members)),
        ranked=tuple(members[code] for code in order),
    )
