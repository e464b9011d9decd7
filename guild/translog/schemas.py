"""Wire shapes of the log."""

from collections.abc import Sequence

from guild.core.wire import Out


class LeafOut(Out, frozen=True, kw_only=True):
    """One leaf: its place and its bytes in base64."""

    index: int
    leaf: str


class LeavesOut(Out, frozen=True, kw_only=True):
    """Leaves of a range, and how many the signed log has."""

    size: int
    leaves: Sequence[LeafOut]


class InclusionOut(Out, frozen=True, kw_only=True):
    """Proof that a leaf stands in the tree: hashes in base64, from the leaf to the root."""

    index: int
    size: int
    leaf_hash: str
    root: str
    hashes: Sequence[str]


class ConsistencyOut(Out, frozen=True, kw_only=True):
    """Proof that the tree of `new` leaves begins with that of `old` leaves: hashes in base64."""

    old: int
    new: int
    old_root: str
    new_root: str
    hashes: Sequence[str]


class KeyOut(Out, frozen=True, kw_only=True):
    """The key that signs checkpoints: a C2SP verifier key to pin."""

    origin: str
    vkey: str
