"""Pages of contracts: for the client, for the member, and for drafting."""

from guild.contracts.pages import client, drafting, keeping, proofs, reps, signing, working

PAGES = [
    *client.PAGES, *drafting.PAGES, *keeping.PAGES, *proofs.PAGES, *signing.PAGES, *reps.PAGES,
    *working.PAGES,
]  # fmt: skip

__all__ = ["PAGES"]
