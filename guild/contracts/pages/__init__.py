"""Pages of contracts: for the client, for the member, and for drafting."""

from guild.contracts.pages import (
    calendar,
    cases,
    client,
    drafting,
    finding,
    keeping,
    proofs,
    rates,
    remarks,
    reps,
    signing,
    working,
)

PAGES = [
    *calendar.PAGES, *cases.PAGES, *client.PAGES, *drafting.PAGES, *finding.PAGES, *keeping.PAGES,
    *proofs.PAGES, *signing.PAGES, *rates.PAGES, *remarks.PAGES, *reps.PAGES, *working.PAGES,
]  # fmt: skip

__all__ = ["PAGES"]
