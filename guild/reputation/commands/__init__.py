"""Use cases of the reputation ledger."""

from guild.reputation.commands.attesting import (
    attest,
    attest_as_client,
    invite,
    publish_due,
)
from guild.reputation.commands.disputing import dispute_entry, reply_to_entry, rule_on_dispute
from guild.reputation.commands.erasing import erase_member
from guild.reputation.commands.parties import log_rules

__all__ = [
    "attest",
    "attest_as_client",
    "dispute_entry",
    "erase_member",
    "invite",
    "log_rules",
    "publish_due",
    "reply_to_entry",
    "rule_on_dispute",
]
