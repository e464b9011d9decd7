"""Pages of contracts: for the client, for the member, and for drafting."""

from guild.contracts.pages import (
    afterwards,
    calendar,
    cases,
    client,
    delivering,
    drafting,
    finding,
    keeping,
    levels,
    offer,
    proofs,
    rates,
    remarks,
    reps,
    sending,
    signing,
    working,
)

PAGES = [
    *calendar.PAGES, *offer.PAGES, *levels.PAGES, *afterwards.PAGES, *client.PAGES, *sending.PAGES,
    *delivering.PAGES, *drafting.PAGES, *finding.PAGES, *keeping.PAGES, *proofs.PAGES,
    *signing.PAGES, *rates.PAGES, *remarks.PAGES, *reps.PAGES, *working.PAGES, *cases.PAGES,
]  # fmt: skip

__all__ = ["PAGES"]
