"""Reading the log: checkpoints, leaves, proofs, the public files, and what must always hold."""

from guild.translog.queries.invariants import (
    INVARIANTS,
    SINCE_LAST_TIME,
    grown_tree_is_recomputed,
    no_leaf_is_lost,
    no_new_leaf_is_lost,
    stored_tree_is_recomputed,
)
from guild.translog.queries.proving import consistency_proof, inclusion_proof, stored_nodes
from guild.translog.queries.reading import (
    LEAVES_MAX,
    first_checkpoint_over,
    latest_checkpoint,
    leaf_bytes,
    log_key,
    place_of,
    place_of_statement,
    public_export,
    published_leaves,
    signed_statements,
    signer_of,
)

__all__ = [
    "INVARIANTS",
    "LEAVES_MAX",
    "SINCE_LAST_TIME",
    "consistency_proof",
    "first_checkpoint_over",
    "grown_tree_is_recomputed",
    "inclusion_proof",
    "latest_checkpoint",
    "leaf_bytes",
    "log_key",
    "no_leaf_is_lost",
    "no_new_leaf_is_lost",
    "place_of",
    "place_of_statement",
    "public_export",
    "published_leaves",
    "signed_statements",
    "signer_of",
    "stored_nodes",
    "stored_tree_is_recomputed",
]
