"""Mails: written in the transaction that wants them, sent by a job, encrypted at rest.

A mail may hold a personal link, so its words are sealed in the table and never logged. Without an
SMTP server (development only) mails stay where they are and a local outbox page shows them.
"""

import asyncio
import re
import smtplib
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.appends import Appender
from guild.core.db import Base
from guild.core.ids import MailId, new_id
from guild.core.jobs import OutsideJob
from guild.core.sealed import SealedColumn
from guild.core.work import System, Work

_SPACES: Final = re.compile(r"[^\S\u00a0\u202f]+")
"""What a subject has on one line; the no-break spaces of French and of amounts stay."""


class Mail(Base):
    """One mail and what became of it."""

    __tablename__ = "mail"

    id: Mapped[MailId] = mapped_column(primary_key=True)
    letter_sealed: Mapped[bytes]
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    refused: Mapped[str | None]


SEALED_LETTER: Final = SealedColumn(
    Mail.id, Mail.letter_sealed, lambda mail_id: f"mail.letter:{mail_id}"
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says."""

    to: str
    subject: str
    text: str
    reason: str
    lang: str


MAILS: Final = Appender(
    "mail", {"id": "uuid", "letter_sealed": "bytea", "written_at": "timestamptz"}
)


def send_mail(
    work: Work, *, to: str, subject: str, text: str, reason: str, lang: str = "en"
) -> MailId:
    """Write a mail that is sent if and only if this Work commits.

    `reason` says why this person gets it (“You get this because …”) and stands under the text.
    """
    mail_id = MailId(new_id())
    letter = Letter(
        to=to, subject=_SPACES.sub(" ", subject).strip(), text=text, reason=reason, lang=lang
    )
    sealed = work.keyring.seal(msgspec.json.encode(letter), context=SEALED_LETTER.context(mail_id))
    work.append(MAILS, id=mail_id, letter_sealed=sealed, written_at=work.now)
    work.later(DELIVER, mail_id=mail_id)
    return mail_id


def read_letter(work: Work, mail: Mail) -> Letter:
    """Open a mail, for sending it or for the local outbox page."""
    plain = work.keyring.open(mail.letter_sealed, context=SEALED_LETTER.context(mail.id))
    return msgspec.json.decode(plain, type=Letter)


class _Request(msgspec.Struct, frozen=True):
    mail_id: MailId
    letter: Letter


async def _prepare(work: Work, mail_id: MailId) -> _Request | None:
    mail = await work.session.scalar(select(Mail).where(Mail.id == mail_id).with_for_update())
    if mail is None or mail.sent_at is not None:
        return None
    if work.settings.local_mail:
        mail.sent_at = work.now
        return None
    return _Request(mail_id, read_letter(work, mail))


async def _call(system: System, request: _Request) -> str:
    return await asyncio.to_thread(_smtp, system.settings.smtp_url, system, request)


def _smtp(url: str, system: System, request: _Request) -> str:
    server = urlsplit(url)
    letter = request.letter
    message = EmailMessage()
    message["From"] = f"{system.settings.coop.name} <{system.settings.coop.email}>"
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Message-ID"] = f"<{request.mail_id}@{urlsplit(system.settings.base_url).hostname}>"
    message["Content-Language"] = letter.lang
    message.set_content(f"{letter.text}\n\n--\n{letter.reason}\n")
    assert server.hostname
    client: type[smtplib.SMTP] = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    with client(server.hostname, server.port or 0, timeout=20) as smtp:
        if server.scheme == "smtp+starttls":
            smtp.starttls()
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        try:
            smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            return f"refused: {next(iter(refused.recipients.values()))[0]}"
    return "sent"


async def _record(work: Work, ids: dict[str, Any], answer: str) -> None:
    mail = await work.session.scalar(
        select(Mail).where(Mail.id == ids["mail_id"]).with_for_update()
    )
    assert mail is not None
    if answer == "sent":
        mail.sent_at = work.now
    else:
        mail.refused = answer


DELIVER: Final = OutsideJob(
    "core.deliver_mail", prepare=_prepare, call=_call, record=_record, repeatable=True
)
"""Repeatable: a mail that arrives twice under one Message-ID does less harm than a lost one."""
