"""Which claims of late interest a transfer pays. Pure.

A claim is paid whole or not at all: it is a sum by law for certain days. The payer names it by its
own reference; or pays exactly its sum; or adds it to the invoice that it is about.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import msgspec

from guild.treasury.rules.matching import CLOSE_NAME, Incoming, similarity
from guild.treasury.rules.numbers import plain_reference, references_in


class OpenClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What matching needs to know of a claim that nobody has paid; the sum in minor units."""

    claim_id: UUID
    reference: str
    """In plain form."""
    invoice_id: UUID
    invoice_number: str
    client_id: UUID
    client_name: str
    total_minor: int
    currency: str


class ClaimShare(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that a transfer pays, and why that is said."""

    claim: OpenClaim
    reason: str


def named_claims(incoming: Incoming, claims: Iterable[OpenClaim]) -> list[ClaimShare]:
    """Claims whose reference the payer gave, as far as the money goes."""
    given = {plain_reference(incoming.structured), *references_in(incoming.text)} - {""}
    left, found = incoming.amount_minor, []
    for claim in claims:
        fits = claim.currency == incoming.currency and claim.total_minor <= left
        if claim.reference in given and fits:
            left -= claim.total_minor
            found.append(ClaimShare(claim=claim, reason="the payment carries its reference"))
    return found


def exact_claim(incoming: Incoming, claims: Iterable[OpenClaim]) -> ClaimShare | None:
    """The one claim of exactly this sum, of a client of that name; None when two fit."""
    fits = [
        claim
        for claim in claims
        if (claim.total_minor, claim.currency) == (incoming.amount_minor, incoming.currency)
        and similarity(incoming.counterparty, claim.client_name) >= CLOSE_NAME
    ]
    if len(fits) != 1:
        return None
    return ClaimShare(claim=fits[0], reason="the sum is exactly this claim, and the name fits")


def added_claims(
    amount_minor: int, named: Collection[UUID], open_minor: int, claims: Sequence[OpenClaim]
) -> list[ClaimShare]:
    """Claims on the named invoices that make the sum exact together with what is open on them.

    All of them, or one alone; otherwise nothing is guessed.
    """
    theirs = [claim for claim in claims if claim.invoice_id in named]
    rest = amount_minor - open_minor
    if not theirs or rest <= 0:
        return []
    alone = [claim for claim in theirs if claim.total_minor == rest]
    taken = theirs if sum(claim.total_minor for claim in theirs) == rest else alone[:1]
    why = "with the invoices that it names, the sum is exact"
    return [ClaimShare(claim=claim, reason=why) for claim in taken]


def suggests(incoming: Incoming, claims: Sequence[OpenClaim]) -> bool:
    """Whether a person is shown the entry as one that pays interest."""
    return bool(named_claims(incoming, claims)) or exact_claim(incoming, claims) is not None
