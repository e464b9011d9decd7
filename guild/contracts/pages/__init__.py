"""Pages of contracts: for the client, for the member, and for drafting."""

from guild.contracts.pages import client, drafting, keeping, proofs, reps, signing

PAGES = [*client.PAGES, *drafting.PAGES, *keeping.PAGES, *proofs.PAGES, *signing.PAGES, *reps.PAGES]

__all__ = ["PAGES"]
