"""The gateway's inbox: listed, fetched, read, kept; acknowledged when all that is committed."""

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.errors import GuildError
from guild.core.ids import DocumentId
from guild.core.jobs import OutsideJob
from guild.core.mail import send_mail
from guild.core.work import System, Work
from guild.documents.commands import store
from guild.exchange.commands.parsing import read_safely
from guild.exchange.commands.receiving import take_in
from guild.exchange.errors import AlreadyReceived
from guild.exchange.gateway.choice import gateway_of
from guild.exchange.gateway.interface import Waiting
from guild.exchange.models import InboxMessage, SupplierInvoice
from guild.exchange.rules.received import ReadDocument

OCTETS: Final = "application/octet-stream"


class Fetched(msgspec.Struct, frozen=True):
    """A message as it came: what it says, or why it cannot be read."""

    content: bytes
    read: ReadDocument | None
    problem: str


async def _prepare_list(work: Work) -> bool | None:
    return True if gateway_of(work.system) is not None else None


async def _list(system: System, _: bool) -> list[Waiting]:  # noqa: FBT001 - the queue hands on what prepare answered
    gateway = gateway_of(system)
    return [] if gateway is None else await gateway.inbox()


async def _record_list(work: Work, _: dict[str, Any], waiting: list[Waiting]) -> None:
    """A job for each message; what is here already is only acknowledged once more."""
    gateway = gateway_of(work.system)
    if gateway is None or not waiting:
        return
    known = set(
        await work.session.scalars(
            select(InboxMessage.message_id).where(
                InboxMessage.provider == gateway.name,
                InboxMessage.message_id.in_([one.message_id for one in waiting]),
            )
        )
    )
    for one in waiting:
        if one.message_id in known:
            work.later(ACKNOWLEDGE, message_id=one.message_id)
        else:
            work.later(FETCH, message_id=one.message_id, sender=one.sender[:80])


LIST: Final = OutsideJob("exchange.list_inbox", prepare=_prepare_list, call=_list,
                         record=_record_list)  # fmt: skip


async def _message(work: Work, message_id: str) -> InboxMessage | None:
    gateway = gateway_of(work.system)
    found: InboxMessage | None = await work.session.scalar(
        select(InboxMessage)
        .where(
            InboxMessage.provider == (gateway.name if gateway else ""),
            InboxMessage.message_id == message_id,
        )
        .with_for_update()
    )
    return found


async def _prepare_fetch(work: Work, message_id: str, sender: str) -> str | None:
    del sender  # kept in the queue for the record
    if gateway_of(work.system) is None or await _message(work, message_id) is not None:
        return None
    return message_id


async def _fetch(system: System, message_id: str) -> Fetched:
    gateway = gateway_of(system)
    assert gateway is not None, "prepare asks for it"
    content = await gateway.fetch(message_id)
    try:
        return Fetched(content, await read_safely(system, content), "")
    except GuildError as wrong:
        if wrong.status >= 500:
            raise
        return Fetched(content, None, wrong.detail)


async def _record_fetch(work: Work, ids: dict[str, Any], fetched: Fetched) -> None:
    """Keep the message and what it says in one transaction; the receipt goes out after it."""
    gateway = gateway_of(work.system)
    assert gateway is not None
    message_id = ids["message_id"]
    if await _message(work, message_id) is not None:
        return
    row, problem = await _taken(work, fetched)
    document_id = None
    if row is None:
        document_id = await _keep_unread(work, fetched.content)
        _tell_office(work, ids["sender"], problem)
    await work.session.execute(
        insert(InboxMessage).values(
            provider=gateway.name,
            message_id=message_id,
            sender=ids["sender"],
            document_id=document_id,
            supplier_invoice_id=row.id if row else None,
            problem="" if row else problem[:500],
            received_at=work.now,
        )
    )
    work.later(ACKNOWLEDGE, message_id=message_id)


async def _taken(work: Work, fetched: Fetched) -> tuple[SupplierInvoice | None, str]:
    """The invoice, new or the one with the same bytes; or what is wrong."""
    if fetched.read is None:
        return None, fetched.problem
    try:
        return await take_in(work, fetched.content, fetched.read, source="peppol"), ""
    except AlreadyReceived:
        digest = hashlib.sha256(fetched.content).digest()
        known = await work.session.scalar(
            select(SupplierInvoice).where(SupplierInvoice.sha256 == digest)
        )
        return known, ""
    except GuildError as wrong:
        return None, wrong.detail


async def _keep_unread(work: Work, content: bytes) -> DocumentId | None:
    """What could not be read is kept for a person, as a file that nothing opens."""
    return await store(work, content, OCTETS, "unread.bin") if content else None


def _tell_office(work: Work, sender: str, problem: str) -> None:
    coop = work.settings.coop
    send_mail(
        work,
        to=coop.email,
        subject="A supplier's invoice could not be read",
        text=f"A message of {sender} came over the Peppol network and could not be read:\n"
        f"{problem}\n\nAsk the supplier to send it again.\n\n{work.settings.base_url}/costs",
        reason="The office gets this because it looks after suppliers' invoices.",
    )


FETCH: Final = OutsideJob("exchange.fetch_message", prepare=_prepare_fetch, call=_fetch,
                          record=_record_fetch, timeout_s=60)  # fmt: skip


async def _prepare_acknowledge(work: Work, message_id: str) -> str | None:
    return message_id if await _message(work, message_id) is not None else None


async def _acknowledge(system: System, message_id: str) -> bool:
    gateway = gateway_of(system)
    if gateway is None:
        return False
    await gateway.acknowledge(message_id)
    return True


async def _record_acknowledge(work: Work, ids: dict[str, Any], done: bool) -> None:  # noqa: FBT001 - the queue hands on what the call answered
    message = await _message(work, ids["message_id"])
    if message is not None and done:
        message.acknowledged_at = message.acknowledged_at or work.now


ACKNOWLEDGE: Final = OutsideJob("exchange.acknowledge", prepare=_prepare_acknowledge,
                                call=_acknowledge, record=_record_acknowledge)  # fmt: skip
