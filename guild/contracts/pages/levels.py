"""Pages of a stronger signature: the passkey, the provider of identities, and its twin in house."""

from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.eid.interface import EidAnswer
from guild.contracts.eid.signed import loopback_of
from guild.contracts.errors import EidNotOffered, NothingPrepared
from guild.contracts.pages.answered import answered_page
from guild.contracts.pages.client import Form
from guild.contracts.pages.offer import fault
from guild.contracts.pages.words import offer_page, refusal_text, spoken
from guild.core.errors import NotFound
from guild.core.pages import SCRIPTED
from guild.core.permissions import Permission
from guild.core.wire import In, get, post
from guild.core.work import Work
from guild.members.errors import PasskeyExpired, PasskeyRefused
from guild.members.queries import asked_options, passkeys_of
from guild.members.schemas.passkeys import AssertionIn, NewPasskeyIn

CREDENTIAL_MAX = 60_000
REFUSALS = (NothingPrepared, PasskeyRefused, PasskeyExpired)


class NoLoopback(NotFound):
    """The provider of identities for tests is not switched on."""

    code = "not_found"
    title = "There is nothing here"


@get("/offer/passkey", permission=Permission.LINK, include_in_schema=False)
async def passkey_page(work: Work) -> Response[str]:
    """Make a passkey, if there is none here, and sign with it."""
    return await _passkey(work, [])


async def _passkey(work: Work, errors: list[dict[str, str]]) -> Response[str]:
    view, _ = await queries.offer_view(work)
    if done := await answered_page(work, view, errors=bool(errors)):
        return done
    try:
        request = await queries.open_request(work, "advanced")
    except NothingPrepared as refusal:
        errors = [*errors, {"field": "", "text": refusal_text(refusal, view.language)}]
        return offer_page(work, "contracts/unprepared.html", view, errors=errors[-1:])
    answer = offer_page(
        work, "contracts/passkey.html", view, errors=errors, prepared=request,
        make=await asked_options(work) or "",
        sign=await queries.signing_options(work, request) or "", label=work.settings.eid.label,
        keys=len(await passkeys_of(work)),
    )  # fmt: skip
    answer.headers.update(SCRIPTED)
    return answer


@post("/offer/passkey/new", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def another(work: Work) -> Response[str] | Redirect:
    """Make a passkey on this device too."""
    try:
        await commands.ask_contact_passkey(work, "")
    except REFUSALS as refusal:
        return await _passkey(work, [await fault(work, refusal, "")])
    return Redirect("/offer/passkey", status_code=303)


@post("/offer/passkey/register", permission=Permission.LINK, include_in_schema=False,
      status_code=303)  # fmt: skip
async def register(work: Work, data: Form) -> Response[str] | Redirect:
    """Keep the passkey that the browser made."""
    try:
        await commands.register_contact_passkey(work, read_credential(data, NewPasskeyIn))
    except REFUSALS as refusal:
        return await _passkey(work, [await fault(work, refusal, "")])
    return Redirect("/offer/passkey", status_code=303)


@post("/offer/passkey", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def sign(work: Work, data: Form) -> Response[str] | Redirect:
    """Sign with the passkey's answer."""
    try:
        await commands.sign_with_passkey(work, read_credential(data, AssertionIn))
    except REFUSALS as refusal:
        return await _passkey(work, [await fault(work, refusal, "")])
    return Redirect("/offer", status_code=303)


def read_credential(data: dict[str, str], shape: type[Any]) -> Any:
    """What the script put into the form; empty where no script ran."""
    text = data.get("credential", "")
    if not text or len(text) > CREDENTIAL_MAX:
        raise PasskeyRefused("The browser handed over no passkey.")
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.DecodeError, UnicodeError):
        raise PasskeyRefused("What the browser handed over cannot be read.") from None


@get("/offer/eid", permission=Permission.LINK, include_in_schema=False)
async def eid_page(work: Work) -> Response[str]:
    """The way to the provider of identities."""
    view, _ = await queries.offer_view(work)
    if done := await answered_page(work, view):
        return done
    try:
        request = await queries.open_request(work, "eid")
        url = await queries.eid_url(work, request)
    except (NothingPrepared, EidNotOffered) as refusal:
        errors = [{"field": "", "text": refusal_text(refusal, view.language)}]
        return offer_page(work, "contracts/unprepared.html", view, errors=errors)
    return offer_page(
        work, "contracts/eid.html", view, errors=[], prepared=request, url=url,
        label=work.settings.eid.label,
    )  # fmt: skip


class LoopbackForm(In, frozen=True):
    """What somebody says at the provider inside the house."""

    order: str
    timestamp: str
    signature: str
    name: str = ""
    answer: str = ""
    csrf_token: str = ""


@get("/eid/loopback", permission=Permission.PUBLIC, include_in_schema=False)
async def loopback_page(
    work: Work, order: str = "", timestamp: str = "", signature: str = ""
) -> Response[str]:
    """The provider inside the house: whoever comes may claim a name. Never in production."""
    provider = loopback_of(work.settings)
    if provider is None:
        raise NoLoopback
    read = provider.read_order(order, timestamp, signature)
    return spoken(
        work, "contracts/eid_loopback.html", "en", order=read, raw=order, timestamp=timestamp,
        signature=signature,
    )  # fmt: skip


@post("/eid/loopback", permission=Permission.PUBLIC, include_in_schema=False, status_code=303)
async def loopback_answer(work: Work, data: Form) -> Redirect:
    """Answer as a provider would, by a signed message."""
    provider = loopback_of(work.settings)
    if provider is None:
        raise NoLoopback
    form = msgspec.convert(data, LoopbackForm)
    order = provider.read_order(form.order, form.timestamp, form.signature)
    answer = EidAnswer(
        session=order.session, status="signed" if form.answer == "yes" else "refused",
        manifest_sha256=order.manifest_sha256, provider="loopback", name=form.name[:200],
        subject="loopback", assurance="substantial",
    )  # fmt: skip
    await commands.take_eid_answer(work, *provider.answer(answer, work.now))
    return Redirect("/offer", status_code=303)


PAGES = [
    passkey_page, another, register, sign, eid_page, loopback_page, loopback_answer,
]  # fmt: skip
