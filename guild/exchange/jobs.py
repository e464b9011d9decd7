"""Background work of exchange: calls to the gateway, notices, the inbox, official rules."""

from guild.core.jobs import scheduled
from guild.core.work import Work
from guild.exchange import commands
from guild.exchange.commands.answering import RESPOND
from guild.exchange.commands.inbox import ACKNOWLEDGE, FETCH, LIST
from guild.exchange.commands.judging import judge
from guild.exchange.commands.notices import follow_notice
from guild.exchange.commands.sending import ASK, LOOK_UP, SEND
from guild.exchange.gateway.choice import gateway_of


@scheduled("exchange.ask_open", every_minutes=5)
async def ask_open(work: Work) -> None:
    """Ask the gateway about what is not certain yet, and notice mails that were refused."""
    await commands.find_refused(work)
    if gateway_of(work.system) is not None:
        await commands.ask_about_open(work)


@scheduled("exchange.poll_inbox", every_minutes=10)
async def poll_inbox(work: Work) -> None:
    """Look into the gateway's inbox, as notices may be lost or not sent at all."""
    if gateway_of(work.system) is not None:
        work.later(LIST)


__all__ = [
    "ACKNOWLEDGE",
    "ASK",
    "FETCH",
    "LIST",
    "LOOK_UP",
    "RESPOND",
    "SEND",
    "ask_open",
    "follow_notice",
    "judge",
    "poll_inbox",
]
