"""What every page and every refusal has in common: layout, headers, plain words, no leaks."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import redis.exceptions
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from guild.core.errors import Conflict, GuildError, Invalid, NotFound, TooMany, Unavailable
from guild.core.mail import send_mail
from guild.core.pages import environment, long_date, money_text
from guild.core.permissions import ANONYMOUS, SYSTEM, Permission, Role
from guild.core.plain_words import Fault, explain, explain_all, fault_of, human
from guild.core.settings import Cooperative
from guild.web.navigation import ENTRIES, menu
from guild.web.problems import describe
from guild.web.security_headers import security_headers
from tests.factories import Factories

HTML = {"Accept": "text/html,application/xhtml+xml"}
STATIC = Path(__file__).parents[2] / "guild" / "web" / "static"
TEMPLATES = sorted(Path(__file__).parents[2].glob("guild/*/templates/**/*.html"))


# --- the layout ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/log", "/outbox", "/docs", "/labels/2222222222"])
async def test_each_page_has_the_frame(path: str, http: httpx.AsyncClient) -> None:
    page = (await http.get(path, headers=HTML)).text
    assert page.count("<h1>") == 1
    assert re.search(r'<html lang="en" dir="ltr">', page)
    assert '<a class="skip" href="#main">' in page
    assert re.search(r"<title>[^<]+ \u2013 [^<]+</title>", page)
    assert "/static/guild.css" in page


@pytest.mark.parametrize("path", ["/", "/log", "/outbox", "/docs"])
async def test_no_page_has_inline_script_or_style(path: str, http: httpx.AsyncClient) -> None:
    page = (await http.get(path, headers=HTML)).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "<style" not in page
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"\son[a-z]+=", page)
    assert "http://" not in page.replace("http://www.w3.org/", "").replace("http://guild.test", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_no_template_goes_round_the_policy(path: Path) -> None:
    if path.name.endswith("_print.html") or path.parts[-3] == "documents":
        return  # Printed by WeasyPrint, never sent to a browser.
    if path.name == "bundle.html":
        return  # A file that people keep; it must look right in a folder, without our style sheet.
    words = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", words)
    assert not re.search(r"<script(?![^>]*\bsrc=)", words)
    assert "|safe" not in words.replace(" ", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_each_form_that_changes_something_carries_the_token(path: Path) -> None:
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", path.read_text(), re.DOTALL):
        assert "csrf_field()" in form, form[:120]


def test_typed_text_is_escaped_by_every_macro() -> None:
    template = environment().from_string(
        '{% from "web/macros.html" import facts, terms, status, ledger, field, area, pick, '
        "choices, errors_summary %}"
        "{{ facts([(x, x, x)]) }}{{ terms([(x, x, x)]) }}{{ status('done', x) }}"
        "{{ ledger(x, [x, '#' ~ x], [[x, x]], [x, x]) }}"
        "{{ field('f', x, hint=x, value=x, errors=e) }}{{ area('a', x, hint=x, value=x) }}"
        "{{ pick('p', x, [(x, x)], hint=x, value=x) }}{{ choices('c', x, [(x, x, x)], hint=x) }}"
        "{{ errors_summary(e) }}"
    )
    nasty = '<img src=x onerror=alert(1)>"'
    made = template.render(x=nasty, e=[{"field": "f", "text": nasty}])
    assert "<img" not in made
    assert made.count("&lt;img") > 20


def test_a_refused_field_is_tied_to_its_hint_and_error() -> None:
    template = environment().from_string(
        '{% from "web/macros.html" import field, errors_summary %}'
        "{{ errors_summary(e) }}{{ field('email', 'E-mail', hint='Yours', errors=e) }}"
    )
    made = template.render(e=[Fault(field="email", text="Type an address.")])
    assert '<a href="#email">Type an address.</a>' in made
    assert 'aria-describedby="email-hint email-why"' in made
    assert 'aria-invalid="true"' in made
    assert "Error: Type an address." in made


def test_errors_stand_before_the_page_title() -> None:
    template = environment().from_string(
        '{% extends "web/layout.html" %}{% block title %}Sign{% endblock %}'
    )
    known = {"actor": ANONYMOUS, "lang": "en", "coop": Cooperative(), "csrf_field": str}
    assert "<title>Error: Sign \u2013 " in template.render(
        errors=[Fault(field="", text="x")], **known
    )
    assert "<title>Sign \u2013 " in template.render(**known)
    assert '<html lang="ar" dir="rtl">' in template.render(**(known | {"lang": "ar"}))


@pytest.mark.parametrize("name", ["invoicing/templates/invoice", "receivables/templates/account"])
def test_pages_of_clients_have_their_words_in_each_language(name: str) -> None:
    words = json.loads((TEMPLATES[0].parents[3] / f"guild/{name}.json").read_text())
    assert set(words) == {"en", "fr", "nl", "de"}

    def shape(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: shape(one) for key, one in part.items()}
        return sorted(re.findall(r"\{\w+\}", part))

    for lang in ("fr", "nl", "de"):
        assert shape(words[lang]) == shape(words["en"]), lang


def test_a_choice_of_any_needs_no_second_empty_one() -> None:
    template = environment().from_string(
        '{% from "web/macros.html" import pick %}'
        '{{ pick("s", "State", [("", "any"), ("a", "A")]) }}'
    )
    assert "Choose one" not in template.render()


def test_sums_below_zero_have_a_minus_sign() -> None:
    assert money_text(-1250, "EUR") == "\N{MINUS SIGN}€12.50"
    assert long_date(date(2026, 11, 8), "de") == "8. November 2026"


# --- start, log, outbox ----------------------------------------------------------------------


async def test_the_start_page_tells_a_stranger_what_the_house_is(http: httpx.AsyncClient) -> None:
    page = (await http.get("/")).text
    assert "Freelancers who share the risk" in page
    assert 'href="/sign-in"' in page


async def test_members_start_where_their_work_is(make: Factories, signed_in: Any) -> None:
    rep = await signed_in(await make.member(roles=[Role.REP]))
    page = (await rep.get("/")).text
    assert 'href="/reviews"' in page
    assert "Sign out" in page
    assert '<a href="/me">You</a>' in page
    assert '<li class="more"><a href="/#work">More</a></li>' in page, "the way on from a phone"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert token[1] == rep.headers["X-CSRF-Token"]


async def test_every_entry_of_the_menu_leads_somewhere(make: Factories, signed_in: Any) -> None:
    everything = await signed_in(await make.member(roles=list(set(Role) - {Role.MEMBER})))
    for entry in ENTRIES:
        answer = await everything.get(entry.href, headers=HTML)
        assert answer.status_code == 200, (entry.href, answer.status_code)


def test_clients_are_offered_nothing_but_their_link() -> None:
    contact = msgspec.structs.replace(
        ANONYMOUS, kind="contact", permissions=frozenset({Permission.PUBLIC, Permission.LINK})
    )
    assert menu(contact) == []


async def test_mails_of_a_local_server_can_be_read(as_: Any, http: httpx.AsyncClient) -> None:
    async with as_(SYSTEM) as work:
        send_mail(
            work, to="mira@example.org", subject="Hello <b>", text="https://x.test/?a=1&b=2",
            reason="You get this because.",
        )  # fmt: skip
    page = (await http.get("/outbox")).text
    assert "Hello &lt;b&gt;" in page
    assert "mira@example.org" in page
    assert 'href="https://x.test/?a=1&amp;b=2"' in page


async def test_mails_of_a_real_server_can_not(system: Any, http: httpx.AsyncClient) -> None:
    system_settings = msgspec.structs.replace(system.settings, smtp_url="smtp://mail.test:25")
    object.__setattr__(system, "settings", system_settings)
    assert (await http.get("/outbox")).status_code == 404


# --- headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/static/guild.css", "/api/v1/charter", "/nowhere", "/api/v1/nowhere", "/docs"]
)
async def test_every_answer_has_the_security_headers(path: str, http: httpx.AsyncClient) -> None:
    headers = (await http.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert ("script-src" in policy) == (path == "/docs")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    stored = "public" in headers["cache-control"]
    assert stored == path.startswith("/static/")


async def test_over_tls_browsers_are_told_to_stay_there() -> None:
    message: Any = {"type": "http.response.start", "status": 200, "headers": []}
    await security_headers(secure=True)(message, {"path": "/"})  # type: ignore[typeddict-item, misc]
    assert (b"strict-transport-security", b"max-age=31536000; includeSubDomains") in [
        (name.lower(), value) for name, value in message["headers"]
    ]


async def test_static_files_stay_inside(http: httpx.AsyncClient) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/.hidden", "/static/"):
        assert (await http.get(path)).status_code in {400, 404}


def test_fonts_and_swagger_come_with_their_licences() -> None:
    sheet = (STATIC / "guild.css").read_text()
    for name in re.findall(r'url\("(fonts/[^"]+)"\)', sheet):
        assert (STATIC / name).read_bytes()[:4] == b"wOF2", name
    assert len(list((STATIC / "fonts").glob("OFL-*.txt"))) == 3
    assert "Apache License" in (STATIC / "swagger" / "LICENSE").read_text()
    assert "http" not in re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)


# --- problems --------------------------------------------------------------------------------


async def test_programs_get_problem_json(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/nowhere", headers=HTML)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["code"], told["instance"]) == (404, "not_found", "/api/v1/nowhere")
    assert told["type"] == "urn:guild:problem:not_found"


async def test_browsers_get_a_page(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nowhere", headers=HTML)
    assert answer.status_code == 404
    assert "<h1>There is nothing here</h1>" in answer.text
    assert "Go to the start page" in answer.text


async def test_who_is_not_signed_in_is_led_to_the_door(http: httpx.AsyncClient) -> None:
    answer = await http.get("/reviews", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=/reviews")
    assert (await http.get("/api/v1/reviews", headers=HTML)).status_code == 401
    assert (await http.post("/reviews", headers=HTML)).status_code in {400, 401}


async def test_a_wrong_method_is_no_server_error(http: httpx.AsyncClient) -> None:
    answer = await http.request("DELETE", "/api/v1/charter")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


async def test_a_body_that_is_too_large_is_refused(make: Factories, signed_in: Any) -> None:
    client = await signed_in(await make.member())
    answer = await client.post("/api/v1/reviews", json={"contract_id": "x" * 300_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (b"{}", "contract_id", "Contract id is missing."),
        (b'{"contract_id": 7}', "contract_id", "Contract id"),
        (b'{"contract_id": "x"}', "contract_id", "Contract id is not an id (UUID)."),
        (b'{"contract_id": null}', "contract_id", "Contract id is missing."),
        (b'{"contrakt": 1}', "contrakt", "Contrakt is not known here; leave it out."),
        (b"[]", "", "What was sent must be an object, not a list."),
        (b"not json", "", ""),
        (b'{"contract_id": "\\u0000"}', "contract_id", ""),
        (b"[" * 100_000, "", ""),
        (b"\xff\xfe", "", ""),
        (b"", "", ""),
    ],
)
async def test_whatever_is_typed_is_answered_with_400(
    body: bytes, field: str, words: str, make: Factories, signed_in: Any
) -> None:
    client = await signed_in(await make.member())
    answer = await client.post(
        "/api/v1/reviews", content=body, headers={"Content-Type": "application/json"}
    )
    told = answer.json()
    assert answer.status_code == 400, told
    if words:
        assert words in told["detail"]
    if field:
        assert [fault["field"] for fault in told["errors"]] == [field]
    assert "`" not in told["detail"]


@pytest.mark.parametrize(
    "path", ["/labels/%00%00%00%00%00%00%00%00%00%00", "/api/v1/labels/aaaaaaaaa%00",
             "/reviews/not-an-id", "/%ff", "/labels/%F0%9F%98%80"]
)  # fmt: skip
async def test_strange_addresses_are_no_server_error(path: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(path)).status_code in {400, 404}


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Conflict("x"), 409, "conflict"),
        (NotFound(), 404, "not_found"),
        (TooMany("wait"), 429, "too_many_requests"),
        (Unavailable(), 503, "unavailable"),
        (NotFoundException(), 404, "not_found"),
        (HTTPException(status_code=418), 418, "http_418"),
        (ValidationException("x", extra=[{"message": "y", "key": "z"}]), 400, "invalid_input"),
        (msgspec.ValidationError("Expected `int`, got `str` - at `$.n`"), 400, "invalid_input"),
        (msgspec.DecodeError("x"), 400, "bad_request"),
        (RecursionError(), 400, "bad_request"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "secret"), 400, "bad_request"),
        (ConnectionRefusedError(), 503, "unavailable"),
        (TimeoutError(), 503, "unavailable"),
        (PoolTimeout(), 503, "unavailable"),
        (redis.exceptions.ConnectionError(), 503, "unavailable"),
        (ExceptionGroup("x", [ExceptionGroup("y", [Conflict("z")])]), 409, "conflict"),
        (KeyError("secret"), 500, "internal_error"),
        (FileNotFoundError("/etc/secret"), 500, "internal_error"),
        (HTTPException(status_code=500, detail="secret"), 500, "internal_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_failure_has_its_answer(failure: Any, status: int, code: str) -> None:
    problem = describe(failure)
    assert (problem.status, problem.code) == (status, code)
    assert "secret" not in str(problem)
    assert bool(problem.number) == (status == 500)


async def test_what_the_database_refuses_is_a_conflict(as_: Any) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with as_(SYSTEM) as work:
            await work.session.execute(
                text("INSERT INTO review_tie VALUES (gen_random_uuid(), gen_random_uuid(), now())")
            )
    assert describe(refused.value).code == "conflict"
    assert "review_tie" not in str(describe(refused.value))


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("SELECT convert_from(decode('00', 'hex'), 'UTF8')", 400),
        ("SELECT 9223372036854775807 + 1", 400),
        ("DO $$ BEGIN RAISE EXCEPTION 'guard' USING ERRCODE = '55000'; END $$", 409),
        ("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$", 503),
        ("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '57P01'; END $$", 503),
        ("SELECT no_such_function()", 500),
    ],
)
async def test_states_of_the_database_have_their_answers(
    statement: str, status: int, as_: Any
) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with as_(SYSTEM) as work:
            await work.session.execute(text(statement))
    assert describe(refused.value).status == status


async def test_nul_and_huge_numbers_as_parameters_are_a_400(as_: Any) -> None:
    for value, statement in (("\x00", "SELECT CAST(:v AS text)"), (2**70, "SELECT :v + 1")):
        with pytest.raises(DBAPIError) as refused:
            async with as_(SYSTEM) as work:
                await work.session.execute(text(statement), {"v": value})
        assert describe(refused.value).status == 400


def test_our_refusals_keep_what_they_say() -> None:
    error = Invalid("It is too much.", mend="Take less.", field="amount", limit="10.00")
    told = describe(error).document()
    assert told["detail"] == "It is too much."
    assert (told["mend"], told["field"], told["limit"]) == ("Take less.", "amount", "10.00")
    assert describe(GuildError("x")).document()["code"] == "error"


@pytest.mark.parametrize(
    ("message", "field", "words"),
    [
        ("Expected `str`, got `int`", "title", "Title must be text, not a whole number."),
        ("Expected `int | null`, got `str`", "n", "N must be a whole number, not text."),
        ("Expected `str` of length >= 1", "title", "Title must not be empty."),
        ("Expected `str` of length <= 200", "title", "Title may have 200 characters at most."),
        ("Expected `array` of length <= 16", "findings", "Findings may have 16 entries at most."),
        ("Expected `int` >= 1", "page_size", "Page size must be 1 or more."),
        ("Expected `str` matching regex '^a$'", "iban", "Iban does not have the right form."),
        ("Invalid enum value 'x'", "outcome", "Outcome is not one of the choices."),
        ("Invalid RFC3339 encoded date", "due_on", "Due on is not a date such as 2026-11-23."),
        ("The day is a holiday", "due_on", "Due on: the day is a holiday."),
    ],
)
def test_faults_are_told_in_plain_words(message: str, field: str, words: str) -> None:
    assert explain(message, field) == Fault(field=field, text=words)


@pytest.mark.parametrize(
    ("message", "field", "words"),
    [
        ("Invalid UUID - at `$.contract_id`", "contract_id", "Contract: choose one."),
        ("Invalid enum value '' - at `$.conditions.sign`", "sign", "Sign: choose one."),
        ("Object missing required field `pay_by`", "pay_by", "Pay by is missing."),
        ("Expected `str` of length >= 1 - at `$.lines[0].text`", "text", "Text must not be empty."),
        ("Invalid RFC3339 encoded date - at `$.declared_on`", "declared_on",
         "Declared on is not a date such as 2026-11-23."),
    ],
)  # fmt: skip
def test_forms_speak_of_their_own_fields(message: str, field: str, words: str) -> None:
    assert fault_of(msgspec.ValidationError(message)) == {"field": field, "text": words}
    assert fault_of(Invalid("No.", mend="Try.", field="x")) == {"field": "x", "text": "No. Try."}


def test_places_inside_the_body_are_named() -> None:
    fault = explain("Expected `str`, got `int` - at `$.milestones[1].title`")
    assert (fault.field, fault.text) == (
        "milestones[1].title", "Milestones 2, title must be text, not a whole number.",
    )  # fmt: skip
    inner = explain("Object missing required field `net` - at `$.milestones[0]`")
    assert inner.field == "milestones[0].net"
    assert human("a[...].b_c") == "a, b c"
    assert explain_all([{"message": "Object missing required field `title`", "key": "data"}]) == [
        Fault(field="title", text="Title is missing.")
    ]


@pytest.mark.parametrize("path", ["/offer", "/deliveries", "/invoice", "/attest"])
async def test_a_client_without_her_link_is_sent_to_her_mail(
    path: str, http: httpx.AsyncClient
) -> None:
    answer = await http.get(path, headers=HTML)
    assert answer.status_code == 401
    assert "Open the link in your mail" in answer.text
    assert "/sign-in" not in answer.text
    french = await http.get(path, headers={**HTML, "Accept-Language": "fr-BE, en;q=0.5"})
    assert '<html lang="fr"' in french.text
    assert "Ouvrez le lien de votre courriel" in french.text
    assert not re.search(r"What you can|Go to the|Answer <|Have a link", french.text)
    told = await http.get(f"/api/v1{path}" if path != "/attest" else "/api/v1/offer")
    assert told.status_code == 401
    assert told.headers["content-type"].startswith("application/problem+json")


async def test_a_member_without_a_session_is_sent_to_sign_in(http: httpx.AsyncClient) -> None:
    answer = await http.get("/contracts", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=/contracts")
