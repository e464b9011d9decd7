"""One transfer that pays several invoices of one client."""

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InvoiceId, MemberId, OrganisationId
from guild.core.money import Money
from guild.core.pages import money_text
from guild.core.permissions import Permission
from guild.core.wire import money_in
from guild.core.work import Work
from guild.invoicing.commands import record_payment
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account
from guild.receivables import queries as receivables
from guild.receivables.commands import record_interest_payment
from guild.receivables.schemas import InterestClaimOut
from guild.treasury.commands.explaining import (
    client_of,
    keep_for_client,
    locked_entry,
    locked_invoice,
    mark,
)
from guild.treasury.errors import MatchTooLarge
from guild.treasury.events import EntryAllocated, MatchConfirmed
from guild.treasury.models import BankEntry, BankMatch
from guild.treasury.schemas import ConfirmOut, SplitIn


async def confirm_split(
    work: Work, entry_id: BankEntryId, data: SplitIn, *, automatic_by: MemberId | None = None
) -> ConfirmOut:
    """Share the entry out: each part pays its invoice, claims of interest whole, the rest is the
    client's credit.

    All is of one client and the client is told, with the charter's days to object: nobody's money
    pays another's invoice. Raises BankEntryNotFound, EntryAlreadyExplained, MatchTooLarge,
    InvoiceNotFound, InterestClaimNotFound and Invalid. `automatic_by` is who imported the entry,
    where the charter lets exact references be recorded without a person.
    """
    if automatic_by is None:
        work.require(Permission.MATCHES_CONFIRM)
    entry = await locked_entry(work, entry_id)
    parts = _parts(entry, data)
    by = automatic_by or work.actor.member_id
    # In the order of their ids, so that two splits never wait for each other crosswise.
    invoices = {one: await locked_invoice(work, one) for one in sorted(parts)}
    claims = await _claims(work, data)
    client_id = await client_of(work, _one_client(entry, list(invoices.values()), claims))
    paid = await _pay_interest(work, entry, claims)
    for invoice_id, part in parts.items():
        invoice = invoices[invoice_id]
        if part.minor > invoice.open_minor:
            still_open = Money(invoice.open_minor, entry.currency)
            raise MatchTooLarge(f"Only {still_open} is open on invoice {invoice.number}.",
                                field="parts")  # fmt: skip
        await _pay(work, entry, invoice, part, by)
        paid += part
    if paid.minor > entry.amount_minor:
        raise MatchTooLarge(
            f"Together this is {paid}; the entry is {Money(entry.amount_minor, entry.currency)}.",
            field="parts",
        )
    rest = Money(entry.amount_minor, entry.currency) - paid
    numbers = ", ".join(
        [*(invoices[one].number or "" for one in parts),
         *(f"interest on {claim.invoice_number}" for claim in claims)]
    )  # fmt: skip
    if rest:
        about = f"rest of the transfer for {numbers}"
        await keep_for_client(work, entry.id, rest, client_id, about)
    words = ("Invoices " if parts else "Late interest: ") + numbers
    words += f", {money_text(rest)} on account" if rest else ""
    mark(work, entry, "confirm", words)
    await work.emit(EntryAllocated(entry_id=entry.id, client_id=client_id, invoices=len(parts)))
    return ConfirmOut(
        entry_id=entry.id,
        state=entry.state,
        paid=paid.text,
        surplus=rest.text,
        currency=entry.currency,
    )


def _parts(entry: BankEntry, data: SplitIn) -> dict[InvoiceId, Money]:
    """Each invoice with its part; not more together than the entry holds."""
    if entry.amount_minor <= 0:
        raise MatchTooLarge("Money that went out pays no invoice.", field="parts")
    parts = {
        one.invoice_id: money_in(one.amount, entry.currency, field="parts") for one in data.parts
    }
    if len(parts) != len(data.parts):
        raise Invalid("An invoice is named twice.", field="parts")
    together = sum(part.minor for part in parts.values())
    if together > entry.amount_minor:
        raise MatchTooLarge(
            f"The parts make {Money(together, entry.currency)}, the entry is "
            f"{Money(entry.amount_minor, entry.currency)}.",
            field="parts",
        )
    return parts


async def _claims(work: Work, data: SplitIn) -> list[InterestClaimOut]:
    """The claims that were named; raises InterestClaimNotFound."""
    if len(set(data.interest_ids)) != len(data.interest_ids):
        raise Invalid("A claim is named twice.", field="interest_ids")
    if not data.parts and not data.interest_ids:
        raise Invalid("Say how much of it each invoice takes.", field="parts")
    return [await receivables.interest_claim(work, one) for one in sorted(data.interest_ids)]


async def _pay_interest(work: Work, entry: BankEntry, claims: list[InterestClaimOut]) -> Money:
    """Settle each claim from suspense; says how much that was."""
    paid = Money.zero(entry.currency)
    for claim in claims:
        amount = Money.parse(claim.total, claim.currency)
        await record_interest_payment(
            work, claim.id, amount, Account("suspense"), entry.booked_on, bank_entry_id=entry.id
        )
        paid += amount
    return paid


def _one_client(
    entry: BankEntry, invoices: list[Invoice], claims: list[InterestClaimOut]
) -> OrganisationId:
    asking: list[Invoice | InterestClaimOut] = [*invoices, *claims]
    clients = {one.client_id for one in asking}
    if len(clients) != 1:
        raise Invalid(
            "The invoices are of several clients.",
            mend="One transfer is shared out over the invoices of the client that sent it.",
            field="parts",
        )
    other = next((one for one in asking if one.currency != entry.currency), None)
    if other is not None:
        raise MatchTooLarge(
            f"What is asked for is in {other.currency}, the payment in {entry.currency}.",
            field="parts",
        )
    return clients.pop()


async def _pay(work: Work, entry: BankEntry, invoice: Invoice, part: Money, by: MemberId) -> None:
    payment_id = await record_payment(
        work,
        invoice.id,
        part,
        source=Account("suspense"),
        received_on=entry.booked_on,
        bank_entry_id=entry.id,
    )
    work.session.add(
        BankMatch(
            entry_id=entry.id,
            invoice_id=invoice.id,
            round=entry.round,
            amount_minor=part.minor,
            surplus_minor=0,
            payment_id=payment_id,
            confirmed_by=by,
            confirmed_at=work.now,
        )
    )
    await work.emit(
        MatchConfirmed(
            entry_id=entry.id,
            invoice_id=invoice.id,
            amount_minor=part.minor,
            surplus_minor=0,
            currency=entry.currency,
            confirmed_by=by,
        )
    )
