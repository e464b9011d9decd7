"""Pages of contracts: for the client, for the member, and for drafting."""

from guild.contracts.pages import client

PAGES = [*client.PAGES]

__all__ = ["PAGES"]
