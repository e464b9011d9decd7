"""Pages of contracts: for the client, for the member, and for drafting."""

from guild.contracts.pages import client, drafting

PAGES = [*client.PAGES, *drafting.PAGES]

__all__ = ["PAGES"]
