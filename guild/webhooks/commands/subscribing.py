"""Subscriptions: made, confirmed, changed, paused, removed; their secrets."""

from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import func, select

from guild.core.errors import Forbidden
from guild.core.ids import EventId, WebhookId, new_id
from guild.core.mail import send_mail
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.models import Member
from guild.webhooks.access import is_treasurer, webhooks_visible_to
from guild.webhooks.commands.sending import drop_waiting, send_waiting
from guild.webhooks.errors import FactUnknown, OwnWebhook, TooManyWebhooks, WebhookNotFound
from guild.webhooks.events import WebhookAdded, WebhookConfirmed, WebhookStopped
from guild.webhooks.models import SEALED_FORMER, SEALED_SECRET, WEBHOOK, Webhook
from guild.webhooks.rules import (
    KEEP_BOTH,
    OFFERED,
    Scope,
    check_address,
    new_secret,
    secret_text,
)
from guild.webhooks.schemas import WebhookChange, WebhookIn

WEBHOOKS_MAX = 20
LIVING = ("requested", "active", "paused")


class MadeWebhook(NamedTuple):
    """The row, and the secret that is shown this once."""

    row: Webhook
    secret: str


async def add_webhook(work: Work, wanted: WebhookIn) -> MadeWebhook:
    """Have facts sent to an address from now on.

    Raises FactUnknown, AddressRefused, TooManyWebhooks, and Forbidden for the house's facts
    without the office.
    """
    work.require(Permission.WEBHOOKS_MANAGE)
    if wanted.scope == "house" and not is_treasurer(work.actor):
        raise Forbidden("Facts of the whole house are subscribed to by treasurers.", field="scope")
    _check_kinds(wanted.kinds, wanted.scope)
    check_address(wanted.url, production=work.settings.production)
    alive = await work.session.scalar(
        select(func.count())
        .select_from(Webhook)
        .where(Webhook.member_id == work.actor.member_id, Webhook.state.in_(LIVING))
    )
    if (alive or 0) >= WEBHOOKS_MAX:
        raise TooManyWebhooks(
            f"You have {WEBHOOKS_MAX} webhooks.", mend="Remove one that is not used."
        )
    webhook_id, secret = WebhookId(new_id()), new_secret()
    from_here = EventId(new_id())
    row = Webhook(
        id=webhook_id,
        member_id=work.actor.member_id,
        scope=wanted.scope,
        name=wanted.name,
        url=wanted.url,
        kinds=sorted(set(wanted.kinds)),
        secret_sealed=work.keyring.seal(secret, context=SEALED_SECRET.context(webhook_id)),
        state="active" if wanted.scope == "own" else WEBHOOK.initial,
        created_at=work.now,
        seen_to=from_here,
        starts_after=from_here,
    )
    work.session.add(row)
    await work.session.flush()
    await _tell_owner(work, row)
    await work.emit(
        WebhookAdded(webhook_id=webhook_id, member_id=row.member_id, scope=wanted.scope)
    )
    return MadeWebhook(row, secret_text(secret))


async def confirm_webhook(work: Work, webhook_id: WebhookId) -> Webhook:
    """A second treasurer lets the house's facts go to that address; raises OwnWebhook."""
    row = await _mine(work, webhook_id)
    if row.scope != "house":
        raise WebhookNotFound
    if row.member_id == work.actor.member_id:
        raise OwnWebhook(
            "You asked for this webhook, so another treasurer decides.",
            mend="Ask a colleague to confirm it.",
        )
    WEBHOOK.move(row, "confirm")
    row.confirmed_by = work.actor.member_id
    row.seen_to = row.starts_after = EventId(new_id())
    await work.emit(WebhookConfirmed(webhook_id=row.id, confirmed_by=work.actor.member_id))
    return row


async def change_webhook(work: Work, webhook_id: WebhookId, change: WebhookChange) -> Webhook:
    """Another name, address or choice of facts.

    The house's address and facts stay as two persons agreed; raises OwnWebhook for those.
    """
    row = await _mine(work, webhook_id)
    if row.scope == "house" and (change.url is not UNSET or change.kinds is not UNSET):
        raise OwnWebhook(
            "Two treasurers agreed on this address and these facts.",
            mend="Remove the webhook and make another, which a second treasurer confirms.",
            field="url" if change.url is not UNSET else "kinds",
        )
    if change.name is not UNSET:
        row.name = change.name
    if change.url is not UNSET:
        row.url = check_address(change.url, production=work.settings.production)
    if change.kinds is not UNSET:
        _check_kinds(change.kinds, "own")
        row.kinds = sorted(set(change.kinds))
    return row


async def pause_webhook(work: Work, webhook_id: WebhookId) -> Webhook:
    """Send nothing until it is resumed; what happens meanwhile is told then."""
    row = await _mine(work, webhook_id)
    WEBHOOK.move(row, "pause")
    row.pause_reason = "Paused by hand."
    await work.emit(WebhookStopped(webhook_id=row.id, member_id=row.member_id, by_itself=False))
    return row


async def resume_webhook(work: Work, webhook_id: WebhookId) -> Webhook:
    """Go on where it stopped."""
    row = await _mine(work, webhook_id)
    WEBHOOK.move(row, "resume")
    row.pause_reason, row.given_up_in_a_row = "", 0
    await send_waiting(work, row.id)
    return row


async def remove_webhook(work: Work, webhook_id: WebhookId) -> None:
    """End it for good; what still waited is dropped."""
    row = await _mine(work, webhook_id)
    await _remove(work, row, by_itself=False)


async def renew_secret(work: Work, webhook_id: WebhookId) -> MadeWebhook:
    """A new secret, shown this once; for a day both sign, so that nothing is refused meanwhile."""
    row = await _mine(work, webhook_id)
    former = work.keyring.open(row.secret_sealed, context=SEALED_SECRET.context(row.id))
    row.former_sealed = work.keyring.seal(former, context=SEALED_FORMER.context(row.id))
    row.former_until = work.now + KEEP_BOTH
    secret = new_secret()
    row.secret_sealed = work.keyring.seal(secret, context=SEALED_SECRET.context(row.id))
    return MadeWebhook(row, secret_text(secret))


async def stop_of_member(work: Work, member_id: UUID, *, scope: Scope | None = None) -> None:
    """End what a person subscribed to whose membership or office has ended."""
    wanted = select(Webhook).where(Webhook.member_id == member_id, Webhook.state.in_(LIVING))
    if scope is not None:
        wanted = wanted.where(Webhook.scope == scope)
    for row in await work.session.scalars(wanted.with_for_update()):
        await _remove(work, row, by_itself=True)


async def _remove(work: Work, row: Webhook, *, by_itself: bool) -> None:
    WEBHOOK.move(row, "remove")
    await drop_waiting(work, row.id)
    await work.emit(WebhookStopped(webhook_id=row.id, member_id=row.member_id, by_itself=by_itself))


def _check_kinds(kinds: tuple[str, ...], scope: Scope) -> None:
    for kind in kinds:
        if kind not in OFFERED[scope]:
            raise FactUnknown(
                f"“{kind}” is not offered to you.",
                mend="GET /api/v1/webhooks/facts lists what is.",
                field="kinds",
            )


async def _mine(work: Work, webhook_id: WebhookId) -> Webhook:
    work.require(Permission.WEBHOOKS_MANAGE)
    row = await work.session.scalar(
        select(Webhook)
        .where(Webhook.id == webhook_id, webhooks_visible_to(work.actor))
        .with_for_update()
    )
    if row is None or row.state == "removed":
        raise WebhookNotFound
    return row


async def _tell_owner(work: Work, row: Webhook) -> None:
    member = await work.session.get_one(Member, row.member_id)
    waits = "It starts when a second treasurer has confirmed it.\n" if row.state != "active" else ""
    send_mail(
        work,
        to=member.email,
        subject="A webhook was made for your account",
        text=f"“{row.name}” sends {len(row.kinds)} kinds of facts to {row.url}.\n{waits}"
        "If this was not you, remove it and change your password.",
        reason="You get this because facts about your work leave the house this way.",
        lang=member.language,
    )
