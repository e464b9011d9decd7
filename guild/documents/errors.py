"""What can go wrong when sheets are made, sealed and kept.

GuildError
├── NotFound     DocumentNotFound, DocumentErased
├── Invalid      SheetRefused, TextUnprintable
├── Unavailable  PressUnavailable, StampUnavailable
└── Conflict     DocumentDamaged
"""

from guild.core.errors import Conflict, Invalid, NotFound, Unavailable


class DocumentNotFound(NotFound):
    """No such document, or none that this actor may see."""

    code = "document_not_found"
    title = "No such document"


class DocumentErased(NotFound):
    """Its time was over: only its hash is kept."""

    code = "document_erased"
    title = "This document has been erased"


class SheetRefused(Invalid):
    """The sheet cannot be made from what was given; trying again would not help."""

    code = "sheet_refused"
    title = "This sheet cannot be made"


class TextUnprintable(Invalid):
    """A typed text holds characters that no sheet can show and some files cannot carry."""

    code = "text_unprintable"
    title = "This text cannot be printed"


class PressUnavailable(Unavailable):
    """The child process died or ran out of time. The order has no effect: it may be given again."""

    code = "press_unavailable"
    title = "The document could not be made just now"


class DocumentDamaged(Conflict):
    """The stored bytes are missing or do not have the hash that they were stored under."""

    code = "document_damaged"
    title = "The stored document is damaged"


class StampUnavailable(Unavailable):
    """The time-stamping authority gave no answer that can be used."""

    code = "time_stamp_unavailable"
    title = "The time-stamping authority does not answer"
