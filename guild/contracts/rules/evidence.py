"""The chain of evidence: what is recorded of each step, and how anyone checks it.

Each entry is canonical JSON that names the SHA-256 of the entry before it; the first names 64
zeros. The whole chain is attached to the sealed PDF, so it can be checked without Guild.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from guild.contracts.rules.canonical import ENCODING, canonical, sha256

SCHEMA: Final = "guild.contract.evidence/1"
GENESIS: Final = "0" * 64
LEAF_KIND: Final = "contract_sealed"


class Link(Protocol):
    """One entry of the chain as it is stored."""

    seq: int
    body: bytes
    body_sha256: str
    previous_sha256: str


def moment(value: datetime | None) -> str | None:
    """A time as evidence writes it: UTC, to the microsecond."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")


def entry(
    *,
    contract_id: object,
    number: str,
    version: int,
    seq: int,
    kind: str,
    at: datetime,
    actor: Mapping[str, Any],
    previous_sha256: str,
    details: Mapping[str, Any],
) -> bytes:
    """The canonical bytes of one entry."""
    return canonical(
        {
            "schema": SCHEMA,
            "encoding": ENCODING,
            "contract_id": str(contract_id),
            "contract_number": number,
            "version": version,
            "seq": seq,
            "kind": kind,
            "server_time": moment(at),
            "actor": dict(actor),
            "previous_sha256": previous_sha256,
            "details": dict(details),
        }
    )


def manifest(entries: Sequence[bytes]) -> bytes:
    """The file that is attached to the sealed PDF: every entry, oldest first."""
    return canonical(
        {
            "schema": "guild.contract.manifest/1",
            "encoding": ENCODING,
            "entries": [msgspec.json.decode(body) for body in entries],
        }
    )


def sealed_leaf(*, shown_sha256: str, evidence_sha256: str, pdf_sha256: str) -> dict[str, str]:
    """What goes into the public log: fingerprints only, nothing that leads to a person."""
    return {
        "evidence_sha256": evidence_sha256,
        "pdf_sha256": pdf_sha256,
        "shown_sha256": shown_sha256,
    }


def broken_links(chain: Sequence[Link]) -> list[str]:
    """Where a chain does not hold; an empty list means that it is whole."""
    broken = []
    previous = GENESIS
    for number, link in enumerate(chain, start=1):
        if link.seq != number:
            broken.append(f"entry {number} is missing")
        if sha256(link.body) != link.body_sha256:
            broken.append(f"entry {link.seq} does not match its hash")
        if link.previous_sha256 != previous or named_previous(link.body) != previous:
            broken.append(f"entry {link.seq} does not follow the one before it")
        previous = link.body_sha256
    return broken


def named_previous(body: bytes) -> str:
    """The hash of the entry before, as the body itself names it."""
    value = msgspec.json.decode(body)["previous_sha256"]
    assert isinstance(value, str)
    return value
