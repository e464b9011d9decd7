"""Who a transfer is from, and how it would be shared out over that client's invoices."""

from uuid import UUID

import msgspec
from sqlalchemy import func, select

from guild.core.ids import BankEntryId, InterestClaimId, InvoiceId, OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.models import OPEN_STATES, Invoice
from guild.members.models import Organisation
from guild.receivables.models import HOLDING, Objection
from guild.treasury.errors import BankEntryNotFound
from guild.treasury.models import BankEntry, BankMatch
from guild.treasury.queries.interest import claims_for, claims_of
from guild.treasury.queries.invoices import incoming_of, invoices_for, matchable
from guild.treasury.rules.interest import added_claims, exact_claim, named_claims
from guild.treasury.rules.matching import SAME_NAME, InvoiceIndex, OpenInvoice, similarity
from guild.treasury.rules.splitting import Split, split
from guild.treasury.schemas import InterestShareOut, SplitOut, SplitShareOut

INVOICES_MAX = 60


async def suggested_split(work: Work, entry_id: BankEntryId) -> SplitOut | None:
    """The allocation to offer for a credit that pays more than one invoice, or None."""
    entry = await work.session.get(BankEntry, entry_id)
    if entry is None:
        raise BankEntryNotFound
    if entry.state in {"confirmed", "explained"} or entry.amount_minor <= 0:
        return None
    found = await split_of(work, entry)
    if found is None:
        return None
    return SplitOut(
        interest=[
            InterestShareOut(
                interest_id=InterestClaimId(share.claim.claim_id),
                invoice_number=share.claim.invoice_number,
                amount=Money(share.claim.total_minor, entry.currency).text,
                reason=share.reason,
            )
            for share in found.claims
        ],
        client_id=OrganisationId(found.client_id),
        client_name=found.client_name,
        exact=found.exact,
        rest=Money(found.rest_minor, entry.currency).text,
        shares=[
            SplitShareOut(
                invoice_id=InvoiceId(share.invoice_id),
                number=share.number,
                amount=Money(share.amount_minor, entry.currency).text,
                open=Money(share.open_minor, entry.currency).text,
                reason=share.reason,
            )
            for share in found.shares
        ],
    )


async def split_of(work: Work, entry: BankEntry) -> Split | None:
    """The allocation by what is named, or by the payer's open invoices, the oldest first.

    Interest that the payer named, or that makes the sum exact, comes first: it is paid whole.
    """
    known, incoming = await invoices_for(work, [entry]), incoming_of(entry)
    named_ids = InvoiceIndex(known).named(incoming)
    named = [one for one in known if one.invoice_id in named_ids and one.currency == entry.currency]
    asked = await claims_for(work, [entry])
    taken = named_claims(incoming, asked)
    if not named and not taken:
        taken = [one for one in [exact_claim(incoming, asked)] if one is not None]
    clients = {one.client_id for one in named} | {one.claim.client_id for one in taken}
    if len(clients) > 1:
        return None
    client_id = next(iter(clients), None) or await payer_of(work, entry, known)
    if client_id is None:
        return None
    if not taken:
        still_open = sum(one.open_minor for one in named)
        theirs = await claims_of(work, OrganisationId(client_id), entry.currency)
        taken = added_claims(
            entry.amount_minor, {one.invoice_id for one in named}, still_open, theirs
        )
    rows = await work.session.execute(
        select(Invoice, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(
            Invoice.client_id == client_id,
            Invoice.kind == "invoice",
            Invoice.state.in_(OPEN_STATES),
            Invoice.currency == entry.currency,
        )
        .order_by(Invoice.due_on, Invoice.id)
        .limit(INVOICES_MAX)
        .execution_options(populate_existing=True)
    )
    others = [
        (matchable(invoice, name), invoice.due_on) for invoice, name in rows if invoice.due_on
    ]
    disputed = await _disputed(work, [one.invoice_id for one, _ in others])
    left = entry.amount_minor - sum(one.claim.total_minor for one in taken)
    found = split(left, named, others, disputed) if left else None
    if not taken:
        return found
    if found is None:
        first = taken[0].claim
        found = Split(
            client_id=first.client_id, client_name=first.client_name, shares=(),
            rest_minor=left, exact=not left,
        )  # fmt: skip
    whole = not found.rest_minor and all(one.amount_minor == one.open_minor for one in found.shares)
    return msgspec.structs.replace(found, claims=tuple(taken), exact=whole)


async def payer_of(work: Work, entry: BankEntry, known: list[OpenInvoice]) -> UUID | None:
    """The client that paid from this account before, or the only one of that very name."""
    if entry.iban_index is not None:
        before = await work.session.scalar(
            select(Invoice.client_id)
            .join(BankMatch, BankMatch.invoice_id == Invoice.id)
            .join(BankEntry, BankEntry.id == BankMatch.entry_id)
            .where(
                BankEntry.iban_index == entry.iban_index,
                BankEntry.state == "confirmed",
                BankMatch.round == BankEntry.round,
            )
            .order_by(BankMatch.confirmed_at.desc())
            .limit(1)
        )
        if before is not None:
            return before
    named = {one.client_id for one in known
             if similarity(entry.counterparty, one.client_name) >= SAME_NAME}  # fmt: skip
    if len(named) == 1:
        return named.pop()
    rows = await work.session.execute(
        select(Organisation.id)
        .where(func.lower(Organisation.name) == entry.counterparty.lower())
        .limit(2)
    )
    alike = [row[0] for row in rows]
    return alike[0] if len(alike) == 1 else None


async def _disputed(work: Work, invoices: list[UUID]) -> dict[UUID, int]:
    """What of each invoice a client objects to."""
    rows = await work.session.execute(
        select(Objection.invoice_id, func.sum(Objection.amount_minor))
        .where(Objection.invoice_id.in_(invoices), Objection.state.in_(HOLDING))
        .group_by(Objection.invoice_id)
    )
    return {invoice_id: int(minor) for invoice_id, minor in rows}
