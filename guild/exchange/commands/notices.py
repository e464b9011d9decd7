"""Reports of the gateway and of the mail server: signed, fresh, kept once, worked on by a job."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.contracts import commands as contracts
from guild.core.ids import MailId, TransmissionId
from guild.core.jobs import job
from guild.core.mail import Mail, read_letter
from guild.core.signatures import is_fresh, signature_holds
from guild.core.work import Work
from guild.exchange.commands.inbox import LIST
from guild.exchange.commands.mailing import bounce
from guild.exchange.commands.moving import apply, locked
from guild.exchange.errors import (
    NoticeReused,
    NoticeTooOld,
    SignatureInvalid,
    TransmissionNotFound,
)
from guild.exchange.gateway.choice import gateway_of
from guild.exchange.gateway.interface import Told
from guild.exchange.models import GatewayNotice
from guild.exchange.schemas import BounceIn, NoticeIn, NoticeOut

MAIL: Final = "mail"
_MESSAGE_ID: Final = re.compile(r"<?([0-9a-f-]{36})@[^@\s]{1,200}>?", re.IGNORECASE)


def require_signature(work: Work, secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Refuse what was not signed with the secret (401) or not just now (409).

    Nothing is read from the body before, and without a secret nothing is believed.
    """
    timestamp = headers.get("guild-timestamp", "")
    if not signature_holds(secret, timestamp, body, headers.get("guild-signature", "")):
        raise SignatureInvalid(
            "Guild-Signature is not the signature of this body and Guild-Timestamp.",
            mend="Sign “timestamp.body” by HMAC-SHA256 with the shared secret: docs/peppol.md.",
        )
    if not is_fresh(timestamp, work.now.timestamp()):
        raise NoticeTooOld(
            "The signed moment lies more than five minutes away.",
            mend="Sign it anew when sending it again, and check the sender's clock.",
        )


async def take_notice(work: Work, headers: Mapping[str, str], body: bytes) -> NoticeOut:
    """Keep what the gateway reports and queue what follows.

    Raises SignatureInvalid, NoticeTooOld and NoticeReused; the same notice again is answered like
    the first and has no second effect.
    """
    require_signature(work, work.settings.peppol.hook_secret, headers, body)
    gateway = gateway_of(work.system)
    provider = gateway.name if gateway else "none"
    notice = msgspec.json.decode(body, type=NoticeIn)
    known = await _keep(
        work, provider, notice.id, body, about=notice.key, status=notice.status,
        code=notice.code, detail=notice.detail,
    )  # fmt: skip
    return NoticeOut(id=notice.id, known=known)


async def take_bounce(work: Work, headers: Mapping[str, str], body: bytes) -> NoticeOut:
    """Keep what the mail server reports about a mail of ours; raises like `take_notice`."""
    require_signature(work, work.settings.mail_hook_secret, headers, body)
    told = msgspec.json.decode(body, type=BounceIn)
    found = _MESSAGE_ID.fullmatch(told.message_id)
    known = await _keep(
        work, MAIL, told.id, body, about=found[1].lower() if found else "", status=told.kind,
        code=told.code, detail=told.detail,
    )  # fmt: skip
    return NoticeOut(id=told.id, known=known)


async def _keep(
    work: Work,
    provider: str,
    external_id: str,
    body: bytes,
    *,
    about: str,
    status: str,
    code: str,
    detail: str,
) -> bool:
    """Store it once; True when it was there already."""
    digest = hashlib.sha256(body).digest()
    added = await work.session.scalar(
        insert(GatewayNotice)
        .values(
            provider=provider,
            external_id=external_id,
            body_hash=digest,
            about=about,
            status=status,
            code=code,
            detail=detail,
            received_at=work.now,
            outcome="",
        )
        .on_conflict_do_nothing()
        .returning(GatewayNotice.external_id)
    )
    if added is not None:
        work.later(follow_notice, provider=provider, external_id=external_id)
        return False
    kept = await work.session.scalar(
        select(GatewayNotice.body_hash).where(
            GatewayNotice.provider == provider, GatewayNotice.external_id == external_id
        )
    )
    if kept != digest:
        raise NoticeReused(
            f"{external_id} came before with another content.",
            mend="Give each notice an identifier of its own.",
        )
    return True


@job("exchange.follow_notice", timeout_s=30)
async def follow_notice(work: Work, provider: str, external_id: str) -> None:
    """Do what a kept notice says, once: move the transmission, or look into the inbox."""
    notice = await work.session.scalar(
        select(GatewayNotice)
        .where(GatewayNotice.provider == provider, GatewayNotice.external_id == external_id)
        .with_for_update()
    )
    if notice is None or notice.outcome:
        return
    notice.outcome = await _follow(work, notice)


async def _follow(work: Work, notice: GatewayNotice) -> str:
    if notice.provider == MAIL:
        mail_id = _uuid(notice.about)
        if notice.status != "bounced" or mail_id is None:
            return "noted"
        came = await bounce(work, mail_id, code=notice.code, detail=notice.detail)
        marked = await _tell_contracts(work, mail_id, f"{notice.code} {notice.detail}".strip())
        return "moved" if came or marked else "stale"
    if notice.status == "waiting":
        work.later(LIST)
        return "moved"
    key = _uuid(notice.about)
    try:
        row = await locked(work, TransmissionId(key)) if key else None
    except TransmissionNotFound:
        row = None
    if row is None or row.provider != notice.provider:
        return "stranger"
    told = msgspec.convert(
        {"status": notice.status, "code": notice.code, "detail": notice.detail}, Told
    )
    return "moved" if await apply(work, row, told) else "stale"


async def _tell_contracts(work: Work, mail_id: UUID, reason: str) -> bool:
    """An address that mails come back from cannot be asked to sign: it is marked there too."""
    mail = await work.session.get(Mail, MailId(mail_id))
    if mail is None:
        return False
    return await contracts.note_bounce(work, read_letter(work, mail).to, reason) > 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
