"""Every refusal and failure, told once: problem+json for programs, a page for browsers.

Source of the format: RFC 9457. Members of our problem documents beside the standard ones: `code`
(stable, may be programmed against), `mend` (how to put it right), `field`, `errors` (one per wrong
field) and `number` (to quote when it is our fault). Nothing a stranger could use is told: no
traceback, no SQL, no value of another person.

    what was raised                                    answer
    GuildError                                         its own status and code
    validation by Litestar or msgspec                  400 invalid_input, each field named
    RecursionError, NUL, lone surrogates               400 bad_request
    constraint or trigger of the database              409 conflict
    database, its pool or Valkey out of reach          503 unavailable, Retry-After
    deadlock, serialization failure                    503 unavailable, Retry-After
    anything else                                      500 internal_error with a number
"""

import logging
import secrets
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError

from guild.core.errors import GuildError
from guild.core.pages import browser_language, environment
from guild.core.permissions import ANONYMOUS, Permission
from guild.core.plain_words import Fault, explain, explain_all
from guild.core.settings import Cooperative
from guild.core.work import System
from guild.web.outages import refusal_of

log = logging.getLogger("guild.web")

PROBLEM_JSON: Final = "application/problem+json"
RETRY_AFTER_S: Final = "2"
CODES: Final = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}
TITLES: Final = {
    400: "The request could not be read",
    401: "Please sign in",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This address does not work that way",
    413: "This is too large",
    415: "This kind of content is not accepted here",
    429: "Too many tries",
    500: "That did not work, and it is our fault",
    503: "Guild cannot answer just now",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str = ""
    mend: str = ""
    field: str = ""
    errors: list[Fault] = []
    number: str = ""
    facts: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        """The members as they go over the wire; `facts` stand beside the standard ones."""
        members: dict[str, Any] = msgspec.to_builtins(self)
        facts = members.pop("facts", {})
        return {**_jsonable(facts), **members}


def _jsonable(facts: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(facts, enc_hook=str)
    return plain


def _problem(status: int, code: str, detail: str, **more: Any) -> Problem:
    title = more.pop("title", "") or TITLES.get(status) or HTTPStatus(status).phrase
    return Problem(
        type=f"urn:guild:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=detail,
        **more,
    )


FILE: Final = Path(__file__).parent / "templates" / "error.json"


@cache
def error_words() -> dict[str, dict[str, str]]:
    """Language → the words of the error page, and what a client reads of each status."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, dict[str, str]])


def link_needed(lang: str = "en") -> Problem:
    """What a browser is told that asks for a client's page without a link, or after its time."""
    words = error_words()[lang]
    return _problem(
        401, "unauthenticated", words["link_detail"],
        title=words["link_title"], mend=words["link_mend"],
    )  # fmt: skip


def _in_words(problem: Problem, lang: str) -> Problem:
    """The problem for a client: by its status, as what it says more exactly is English."""
    if lang == "en":
        return problem
    words = error_words()[lang]
    status = str(problem.status)
    if status not in words:
        status = "500" if problem.status >= 500 else "400"
    return msgspec.structs.replace(
        problem, title=words[f"{status}_title"], detail="", mend=words[status], errors=[]
    )


def describe(failure: Exception) -> Problem:
    """What to tell about `failure`; a 500 gets a number and is written to the log with it."""
    cause = _root(failure)
    for teller in TELLERS:
        if problem := teller(cause):
            return problem
    if cause is not failure and isinstance(failure, HTTPException) and failure.status_code < 500:
        return _told_by_litestar(failure) or _unknown(failure)
    return _unknown(failure)


def _root(failure: BaseException) -> Exception:
    """The failure that matters: groups are opened, and Litestar's wrapping of ours is undone."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    for link in _chain(failure):
        if isinstance(link, GuildError | DBAPIError | RecursionError):
            return link
    assert isinstance(failure, Exception)
    return failure


def _chain(failure: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while failure is not None and id(failure) not in seen:
        seen.add(id(failure))
        yield failure
        failure = failure.__cause__


def _told_by_us(failure: Exception) -> Problem | None:
    if not isinstance(failure, GuildError):
        return None
    errors = failure.facts.pop("errors", [])
    faults = [f for f in errors if isinstance(f, Fault)] if isinstance(errors, list) else []
    return _problem(
        failure.status,
        failure.code,
        failure.detail,
        title=failure.title,
        mend=failure.mend,
        field=failure.field,
        errors=faults,
        facts=dict(failure.facts),
    )


def _told_by_litestar(failure: Exception) -> Problem | None:
    if isinstance(failure, ValidationException):
        extra = failure.extra if isinstance(failure.extra, list) else []
        faults = explain_all(extra) or [explain(failure.detail)]
        return _wrong_input(faults)
    if isinstance(failure, SerializationException):
        return _wrong_input([explain(str(failure))])
    if not isinstance(failure, HTTPException) or failure.status_code >= 500:
        return None
    status = failure.status_code
    code = CODES.get(status, f"http_{status}")
    if status == 400:
        return _problem(400, code, explain(failure.detail).text)
    details = {
        404: "Nothing is found at this address, or it is not for you to see.",
        405: "This address exists, but not for this method.",
        413: "What was sent is larger than this address accepts.",
        415: "Send JSON, with the header Content-Type: application/json.",
    }
    return _problem(status, code, details.get(status) or failure.detail)


def _told_by_decoder(failure: Exception) -> Problem | None:
    if isinstance(failure, msgspec.ValidationError):
        return _wrong_input([explain(str(failure))])
    if isinstance(failure, msgspec.DecodeError):
        return _problem(400, "bad_request", "The body is not valid JSON.")
    if isinstance(failure, RecursionError):
        return _problem(400, "bad_request", "The body is nested too deeply.")
    if isinstance(failure, UnicodeError):
        return _problem(400, "bad_request", "The text has characters that cannot be stored.")
    return None


def _wrong_input(faults: list[Fault]) -> Problem:
    detail = " ".join(fault.text for fault in faults)
    field = faults[0].field if len(faults) == 1 else ""
    return _problem(
        400,
        "invalid_input",
        detail,
        title="Something in the input is wrong",
        field=field,
        errors=faults,
    )


def _told_by_database(failure: Exception) -> Problem | None:
    refused = refusal_of(failure)
    return _told_by_us(refused) if refused is not None else None


def _unknown(failure: Exception) -> Problem:
    token = secrets.token_hex(4).upper()
    number = f"E-{token[:4]}-{token[4:]}"
    log.error("%s: an error nobody expected", number, exc_info=failure)
    return _problem(
        500,
        "internal_error",
        "Nothing was changed. The people who run this site have been told.",
        mend=f"Try again in a minute. If it happens again, write to us and name {number}.",
        number=number,
    )


TELLERS: Final = (
    _told_by_us,
    _told_by_litestar,
    _told_by_decoder,
    _told_by_database,
)


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser asks: HTML is accepted and the address is not the API's."""
    if request.scope["path"].startswith("/api/"):
        return False
    return "text/html" in request.headers.get("accept", "")


def answer(request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
    """The exception handler of the whole application."""
    problem = describe(failure)
    headers = dict(failure.headers or {}) if isinstance(failure, HTTPException) else {}
    if problem.status in {429, 503}:
        headers.setdefault("Retry-After", RETRY_AFTER_S)
    if not wants_page(request):
        return Response(
            {**problem.document(), "instance": request.scope["path"]},
            status_code=problem.status,
            media_type=PROBLEM_JSON,
            headers=headers,
        )
    if _for_clients(request):
        return _page(request, problem, headers, for_clients=True)
    if problem.status == 401 and request.method == "GET":
        here = request.scope["path"]
        return Redirect(f"/sign-in?to={quote(here, safe='/')}", status_code=303)
    return _page(request, problem, headers, for_clients=False)


def _page(
    request: Request[Any, Any, Any], problem: Problem, headers: dict[str, str], *, for_clients: bool
) -> Response[Any]:
    lang = browser_language(request) if for_clients else "en"
    link_helps = for_clients and (problem.status == 401 or problem.code == "link_not_found")
    if for_clients:
        problem = link_needed(lang) if problem.status == 401 else _in_words(problem, lang)
    return Response(
        error_page(problem, request, lang, offer_link=link_helps),
        status_code=problem.status,
        media_type=MediaType.HTML,
        headers=headers,
    )


def _for_clients(request: Request[Any, Any, Any]) -> bool:
    """Whether a personal link leads to the address: signing in would not help there."""
    handler = request.scope.get("route_handler")
    door = "token" in request.scope.get("path_params", {})
    return handler is not None and (door or handler.opt.get("permission") is Permission.LINK)


def error_page(
    problem: Problem, request: Request[Any, Any, Any], lang: str = "en", *, offer_link: bool = False
) -> str:
    """The page for a browser; it asks neither the database nor who the person is.

    What a client reads is in a language that the browser prefers.
    """
    system = request.app.state.get("system")
    template = environment().get_template("web/error.html")
    return template.render(
        problem=problem,
        for_clients=offer_link,
        t=error_words()[lang],
        again=request.scope["path"] if request.method == "GET" and problem.status != 401 else "/",
        actor=ANONYMOUS,
        lang=lang,
        coop=system.settings.coop if isinstance(system, System) else Cooperative(),
        csrf_field=str,
    )


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {Exception: answer}
