"""What can be refused about the log."""

from guild.core.errors import Invalid, NotFound, Unavailable


class NoSuchLeaf(NotFound):
    """A leaf or a size beyond the signed tree was asked for."""

    code = "no_such_leaf"
    title = "The log has no such leaf"


class ImpossibleProof(Invalid):
    """The two sizes cannot stand in the order that a proof needs."""

    code = "impossible_proof"
    title = "There is no such proof"


class NoCheckpointYet(Unavailable):
    """Nothing was sequenced yet."""

    code = "no_checkpoint_yet"
    title = "The log has no checkpoint yet"
