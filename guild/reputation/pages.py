"""Pages: a member's reputation with its sum, replies and disputes, and both sides' questions."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.core.errors import GuildError, Invalid
from guild.core.ids import AttestationId, ContractId, DisputeId
from guild.core.pages import browser_language, page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands as members
from guild.members.schemas.cookies import link_cookie
from guild.reputation import commands, queries
from guild.reputation.access import LINK_PURPOSE
from guild.reputation.errors import NothingToRate
from guild.reputation.schemas import (
    AnswersIn,
    AttestationIn,
    DisputeIn,
    RateableOut,
    ReplyIn,
    RulingIn,
)

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
NO_STORE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _answers(form: dict[str, str]) -> dict[str, bool]:
    said = {"yes": True, "no": False}
    answers = {name: said[value] for name, value in form.items() if value in said}
    if not answers:
        raise Invalid("Answer at least one question.", field="answers")
    return answers


@get("/reputation", permission=Permission.REPUTATION_READ, include_in_schema=False)
async def mine(work: Work) -> Response[str]:
    """The member's own score, the sum behind it, and every entry."""
    explained = await queries.member_explanation(work, work.actor.member_id)
    waiting = await queries.contracts_to_rate(work)
    return page(
        work,
        "reputation/mine.html",
        section="/reputation",
        explained=explained,
        waiting=waiting,
        question=queries.question,
    )


@get(
    "/reputation/entries/{attestation_id:uuid}/{step:str}",
    permission=Permission.REPUTATION_READ,
    include_in_schema=False,
)
async def answer_entry(work: Work, attestation_id: AttestationId, step: str) -> Response[str]:
    """The form for a reply or a dispute."""
    return await _entry_form(work, attestation_id, step)


async def _entry_form(
    work: Work, attestation_id: AttestationId, step: str, error: GuildError | None = None
) -> Response[str]:
    entry = await queries.entry_about_me(work, attestation_id)
    return page(
        work,
        "reputation/entry.html",
        status=error.status if error else 200,
        section="/reputation",
        entry=entry,
        step="dispute" if step == "dispute" else "reply",
        question=queries.question,
        errors=[{"field": "text", "text": error.detail}] if error else [],
    )


@post(
    "/reputation/entries/{attestation_id:uuid}/{step:str}",
    permission=Permission.REPUTATION_READ,
    include_in_schema=False,
    status_code=303,
)
async def send_answer(
    work: Work, attestation_id: AttestationId, step: str, data: Form
) -> Response[str] | Redirect:
    """Keep the reply, or open the dispute."""
    text = data.get("text", "")
    try:
        if step == "dispute":
            asked = msgspec.convert({"reason": text}, DisputeIn)
            await commands.dispute_entry(work, attestation_id, asked)
        else:
            reply = msgspec.convert({"text": text}, ReplyIn)
            await commands.reply_to_entry(work, attestation_id, reply)
    except msgspec.ValidationError:
        short = Invalid("Write at least a sentence (10 characters).")
        return await _entry_form(work, attestation_id, step, short)
    return Redirect("/reputation", status_code=303)


@get("/reputation/disputes", permission=Permission.REPUTATION_RULE, include_in_schema=False)
async def rulings(work: Work) -> Response[str]:
    """What waits for a rep's ruling."""
    return await _disputes(work, [])


async def _disputes(work: Work, errors: list[dict[str, str]]) -> Response[str]:
    waiting = await queries.open_disputes(work)
    return page(
        work, "reputation/disputes.html", status=422 if errors else 200, section="/reputation",
        waiting=waiting, entries=await queries.disputed_words(work, waiting),
        question=queries.question, errors=errors,
    )  # fmt: skip


@post(
    "/reputation/disputes/{dispute_id:uuid}",
    permission=Permission.REPUTATION_RULE,
    include_in_schema=False,
    status_code=303,
)
async def send_ruling(work: Work, dispute_id: DisputeId, data: Form) -> Response[str] | Redirect:
    """Rule, with reasons."""
    try:
        given = {"outcome": data.get("outcome"), "reasons": data.get("reasons", "")}
        await commands.rule_on_dispute(work, dispute_id, msgspec.convert(given, RulingIn))
    except msgspec.ValidationError:
        wrong = [{"field": "", "text": "Choose an outcome and give reasons of a sentence or more."}]
        return await _disputes(work, wrong)
    return Redirect("/reputation/disputes", status_code=303)


@get(
    "/reputation/contracts/{contract_id:uuid}",
    permission=Permission.REPUTATION_ATTEST,
    include_in_schema=False,
)
async def ask_member(work: Work, contract_id: ContractId) -> Response[str]:
    """The questions about the client."""
    asked = await queries.rateable(work, contract_id)
    return _ask(work, asked, f"/reputation/contracts/{contract_id}")


def _ask(
    work: Work, asked: RateableOut, to: str, error: GuildError | None = None, lang: str = "en",
    **context: Any,
) -> Response[str]:  # fmt: skip
    answer = page(
        work,
        "reputation/ask.html",
        status=error.status if error else 200,
        lang=lang,
        t=queries.words(lang),
        asked=asked,
        to=to,
        question=queries.question,
        errors=[{"field": "", "text": queries.words(lang)["e_none"]}] if error else [],
        **context,
    )
    answer.headers.update(NO_STORE)
    return answer


@post(
    "/reputation/contracts/{contract_id:uuid}",
    permission=Permission.REPUTATION_ATTEST,
    include_in_schema=False,
    status_code=303,
)
async def member_answers(
    work: Work, contract_id: ContractId, data: Form
) -> Response[str] | Redirect:
    """Commit to the member's answers."""
    try:
        said = AttestationIn(contract_id=contract_id, answers=_answers(data))
    except Invalid as error:
        asked = await queries.rateable(work, contract_id)
        return _ask(work, asked, f"/reputation/contracts/{contract_id}", error)
    await commands.attest(work, said)
    return Redirect("/reputation", status_code=303)


@get("/attest/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def attest_door(work: Work, token: str, request: Request[Any, Any, Any]) -> Response[str]:
    """What a mail's link shows: one button. Nothing is looked up and nothing is changed."""
    lang = browser_language(request)
    answer = page(work, "reputation/door.html", lang=lang, t=queries.words(lang), token=token)
    answer.headers.update(NO_STORE)
    return answer


@post("/attest/{token:str}", permission=Permission.PUBLIC, include_in_schema=False, status_code=303)
async def open_attest(work: Work, token: str) -> Redirect:
    """Use the link: this browser is bound to it."""
    opened = await members.open_link(work, token)
    if opened.purpose != LINK_PURPOSE:
        raise NothingToRate(mend="Open the link exactly as it stands in the mail.")
    cookie = link_cookie(work.settings, opened.session_token, now=work.now, until=opened.expires_at)
    return Redirect("/attest", status_code=303, cookies=[cookie], headers=NO_STORE)


@get("/attest", permission=Permission.LINK, include_in_schema=False)
async def ask_client(work: Work) -> Response[str]:
    """The questions about the freelancer, and what was said about the client once it is public."""
    entries = await queries.entries_about_me(work)
    lang = await queries.reader_language(work)
    return _ask(work, await queries.rateable(work), "/attest", lang=lang, entries=entries)


@post("/attest", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def client_answers(work: Work, data: Form) -> Response[str] | Redirect:
    """Commit to the client's answers."""
    try:
        said = AnswersIn(answers=_answers(data))
    except Invalid as error:
        lang = await queries.reader_language(work)
        return _ask(work, await queries.rateable(work), "/attest", error, lang)
    await commands.attest_as_client(work, said)
    return Redirect("/attest", status_code=303, headers=NO_STORE)


PAGES = [
    mine, answer_entry, send_answer, rulings, send_ruling, ask_member, member_answers,
    attest_door, open_attest, ask_client, client_answers,
]  # fmt: skip
