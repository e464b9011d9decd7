"""Use cases of webhooks."""

from guild.webhooks.commands.dispatching import dispatch, sweep
from guild.webhooks.commands.sending import SEND, send_again, try_out
from guild.webhooks.commands.subscribing import (
    MadeWebhook,
    add_webhook,
    change_webhook,
    confirm_webhook,
    pause_webhook,
    remove_webhook,
    renew_secret,
    resume_webhook,
    stop_of_member,
)

__all__ = [
    "SEND",
    "MadeWebhook",
    "add_webhook",
    "change_webhook",
    "confirm_webhook",
    "dispatch",
    "pause_webhook",
    "remove_webhook",
    "renew_secret",
    "resume_webhook",
    "send_again",
    "stop_of_member",
    "sweep",
    "try_out",
]
