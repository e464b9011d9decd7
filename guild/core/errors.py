"""What can go wrong, said once and for people.

    GuildError
    ├── Invalid            422  what was given cannot be right
    ├── BadRequest         400  it could not be read at all
    ├── Unauthenticated    401  nobody is signed in
    ├── Forbidden          403  signed in, but not allowed
    ├── NotFound           404  absent, or not for this actor's eyes
    ├── Conflict           409  right in itself, but not now
    │   ├── IllegalMove         the state does not allow this step
    │   └── StaleVersion        somebody changed it meanwhile
    ├── PayloadTooLarge    413
    ├── TooMany            429  slow down
    └── Unavailable        503  our side cannot answer now; trying again is safe

`guild.web.problems` renders them as RFC 9457 problem+json, or as a page for a browser. The `code`
is stable and may be programmed against; the sentences may be improved at any time.
"""

from typing import ClassVar


class GuildError(Exception):
    """An expected refusal: `code`, HTTP `status`, `title`, and a `detail` sentence for the person.

    `mend` says how to put it right; `field` names the input that is wrong; `facts` are further
    members of the problem document (never secrets, never another person's data).
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "This did not work"

    def __init__(
        self, detail: str = "", *, mend: str = "", field: str = "", **facts: object
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.mend = mend
        self.field = field
        self.facts = facts


class BadRequest(GuildError):
    """The request could not be read."""

    code = "bad_request"
    status = 400
    title = "The request could not be read"


class Invalid(GuildError):
    """It could be read, but cannot be right."""

    code = "invalid"
    status = 422
    title = "Something in the input is wrong"


class Unauthenticated(GuildError):
    """Nobody is signed in, or the credentials do not hold."""

    code = "unauthenticated"
    status = 401
    title = "Please sign in"


class Forbidden(GuildError):
    """The actor is known but has no right to this."""

    code = "forbidden"
    status = 403
    title = "You may not do this"


class NotFound(GuildError):
    """Absent, or hidden from this actor: the answer is the same on purpose."""

    code = "not_found"
    status = 404
    title = "There is nothing here"


class Conflict(GuildError):
    """Fine in itself, but at odds with how things stand."""

    code = "conflict"
    status = 409
    title = "This does not fit how things stand"


class IllegalMove(Conflict):
    """A lifecycle does not allow this step from the present state."""

    code = "illegal_move"
    title = "This step is not possible now"


class StaleVersion(Conflict):
    """The actor answered a version that is no longer the current one."""

    code = "stale_version"
    title = "This was changed meanwhile"


class PayloadTooLarge(GuildError):
    """The body is larger than the route accepts."""

    code = "payload_too_large"
    status = 413
    title = "This is too large"


class TooMany(GuildError):
    """Too many tries within a window."""

    code = "too_many_requests"
    status = 429
    title = "Too many tries"


class Unavailable(GuildError):
    """Our side cannot answer just now; nothing was changed and trying again is safe."""

    code = "unavailable"
    status = 503
    title = "Guild cannot answer just now"
