"""How one transfer is shared out over several invoices of one client.

First the invoices that the payer named; if they ask for exactly the amount, that is it. Else the
named ones in the order of the text, then the client's other invoices, the oldest first, each up to
what is open and not in dispute. The rest is the client's money on account.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from guild.treasury.rules.interest import ClaimShare
from guild.treasury.rules.matching import OpenInvoice


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a transfer an invoice takes, in minor units, and why."""

    invoice_id: UUID
    number: str
    amount_minor: int
    open_minor: int
    reason: str


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """The shares of a transfer and what is left for the client's account."""

    client_id: UUID
    client_name: str
    shares: tuple[Share, ...]
    rest_minor: int
    exact: bool
    """The named invoices ask for exactly this amount."""
    claims: tuple[ClaimShare, ...] = ()
    """Late interest that it pays beside the invoices."""


def split(
    amount_minor: int,
    named: Sequence[OpenInvoice],
    others: Sequence[tuple[OpenInvoice, date]],
    disputed: Mapping[UUID, int],
) -> Split | None:
    """The allocation to offer, or None when nothing is open. `others` are of one client."""
    free = {
        invoice.invoice_id: invoice.open_minor - disputed.get(invoice.invoice_id, 0)
        for invoice in (*named, *(one for one, _ in others))
    }
    wanted = [invoice for invoice in named if invoice.open_minor > 0]
    if len(wanted) > 1 and sum(invoice.open_minor for invoice in wanted) == amount_minor:
        shares = [_share(one, one.open_minor, "the payment names it") for one in wanted]
        return _split(wanted[0], shares, 0, exact=True)
    left, shares = amount_minor, []
    known = {invoice.invoice_id for invoice in wanted}
    by_age = sorted(
        ((one, due) for one, due in others if one.invoice_id not in known),
        key=lambda pair: (pair[1], pair[0].number),
    )
    queue = [(one, "the payment names it") for one in wanted]
    queue += [(one, f"the oldest that is open, due on {due}") for one, due in by_age]
    for invoice, reason in queue:
        part = min(left, free[invoice.invoice_id])
        if part > 0:
            shares.append(_share(invoice, part, reason))
            left -= part
    if not shares:
        return None
    first = next(one for one, _ in queue if one.invoice_id == shares[0].invoice_id)
    return _split(first, shares, left, exact=False)


def _share(invoice: OpenInvoice, minor: int, reason: str) -> Share:
    return Share(
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        amount_minor=minor,
        open_minor=invoice.open_minor,
        reason=reason,
    )


def _split(first: OpenInvoice, shares: Sequence[Share], rest: int, *, exact: bool) -> Split:
    return Split(
        client_id=first.client_id,
        client_name=first.client_name,
        shares=tuple(shares),
        rest_minor=rest,
        exact=exact,
    )
