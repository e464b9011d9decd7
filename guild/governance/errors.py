"""What can go wrong with the charter."""

from guild.core.errors import Conflict, Invalid, NotFound


class NoCharterYet(NotFound):
    """Asked for a moment before the co-operative gave itself a charter."""

    code = "no_charter_yet"
    title = "There was no charter at that time"


class CharterInvalid(Invalid):
    """The document does not decode into a coherent charter."""

    code = "charter_invalid"
    title = "This is not a valid charter"


class CharterAlreadyFounded(Conflict):
    """A different founding charter is already in force."""

    code = "charter_already_founded"
    title = "The charter has already been founded"


class CharterNotRetroactive(Conflict):
    """Nobody changes the rules of the past."""

    code = "charter_not_retroactive"
    title = "A charter cannot begin in the past"
