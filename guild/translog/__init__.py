"""The transparency log: an append-only Merkle tree in PostgreSQL, with signed checkpoints.

Any transaction appends a leaf (``commands.append_leaf``); it has an id but no place yet. The
sequencer, one at a time under an advisory lock, gives leaves their places in batches, writes the
complete subtrees that this makes, and signs a checkpoint over the new root. Who holds an earlier
checkpoint can ask for a proof that the later tree only added to it.

Leaves hold salted commitments, never personal data, so that erasing a salt and its opening leaves
the tree whole. ``merkle`` and ``checkpoint`` are pure; ``verify`` stands alone, imports nothing of
guild, and recomputes everything from the exported public files.
"""
