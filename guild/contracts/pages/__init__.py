"""Pages of contracts: for the client, for the member, and for drafting."""

from guild.contracts.pages import (
    afterwards,
    client,
    drafting,
    keeping,
    levels,
    offer,
    proofs,
    reps,
    sending,
    signing,
    working,
)

PAGES = [
    *offer.PAGES, *levels.PAGES, *afterwards.PAGES, *client.PAGES, *sending.PAGES,
    *drafting.PAGES, *keeping.PAGES, *proofs.PAGES, *signing.PAGES, *reps.PAGES, *working.PAGES,
]  # fmt: skip

__all__ = ["PAGES"]
