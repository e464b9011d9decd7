"""Direct debits: announced to the client, filed for the day they fall due, and what became of them.

The money arrives as an entry on a statement like any other, with the invoice's reference; a
person, or a rule of the treasurer, matches it. A collection that comes back is a reversal of that
match, which reopens the invoice.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import and_, or_, select

from guild.core.clock import add_business_days, next_business_day
from guild.core.ids import (
    BankEntryId,
    BatchId,
    DirectDebitId,
    InvoiceId,
    MandateId,
    UndoId,
    new_id,
)
from guild.core.permissions import Permission
from guild.core.settings import Cooperative
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing.models import OPEN_STATES, Invoice
from guild.members.models import Organisation
from guild.receivables.queries import standings
from guild.treasury.commands.payouts import paying_account
from guild.treasury.errors import DirectDebitNotFound, MandateUnusable, NothingToCollect
from guild.treasury.events import DirectDebitAnnounced, DirectDebitEnded
from guild.treasury.models import (
    DIRECT_DEBIT,
    PAYMENT_BATCH,
    SEALED_BATCH,
    BankEntry,
    BankMatch,
    CoopBankAccount,
    DirectDebit,
    MatchUndo,
    PaymentBatch,
    SepaMandate,
)
from guild.treasury.queries.collections import direct_debit_views
from guild.treasury.queries.shapes import batch_out
from guild.treasury.rules.iso20022 import Address
from guild.treasury.rules.mandates import lapsed
from guild.treasury.rules.numbers import is_structured, plain_reference
from guild.treasury.rules.pain002 import REJECTED, StatusFile, TransactionStatus, plain_reason
from guild.treasury.rules.pain008 import (
    Collection,
    Creditor,
    checked_creditor_id,
    collection_file,
)
from guild.treasury.schemas import BatchIn, BatchOut, DirectDebitOut, RejectIn

COLLECT_MAX: Final = 1_000


async def announce_collections(work: Work) -> list[DirectDebitId]:
    """Announce what is to be collected: open invoices, issued under an active mandate, once each.

    The day is the invoice's due day, or the first that the announcement's days of notice allow,
    moved to a working day. Credit notes and payments that come before the file lower nothing: the
    collection is stopped when the invoice is no longer open for that amount.
    """
    if not work.settings.coop.creditor_id:
        return []
    charter = await charter_at(work)
    earliest = work.today + timedelta(days=charter.payouts.prenotification_days)
    horizon = earliest + timedelta(days=7)
    live = select(DirectDebit.id).where(
        DirectDebit.invoice_id == Invoice.id,
        or_(
            DirectDebit.state.in_(["announced", "filed", "collected", "refused", "returned"]),
            DirectDebit.stopped_by.is_not(None),
        ),
    )
    rows = await work.session.execute(
        select(Invoice, SepaMandate)
        .join(SepaMandate, SepaMandate.organisation_id == Invoice.client_id)
        .where(
            SepaMandate.state == "active",
            Invoice.kind == "invoice",
            Invoice.state.in_(OPEN_STATES),
            Invoice.currency == "EUR",
            Invoice.due_on <= horizon,
            ~live.exists(),
        )
        .order_by(Invoice.id)
        .limit(COLLECT_MAX)
    )
    found = [*rows]
    resting = await _resting(work, [invoice.id for invoice, _ in found])
    made = []
    for invoice, mandate in found:
        if invoice.open_minor <= 0 or invoice.due_on is None or invoice.id in resting:
            continue
        collect_on = next_business_day(max(invoice.due_on, earliest), work.settings.coop.country)
        if not lapsed(mandate.last_used_on or mandate.signed_on, collect_on):
            made.append(await _announce(work, invoice, mandate, collect_on, charter.version))
    return made


async def _resting(work: Work, ids: Sequence[InvoiceId]) -> dict[InvoiceId, str]:
    """Invoices that are not collected now, and why: disputed, promised later, insolvent client."""
    why: dict[InvoiceId, str] = {}
    for one in await standings(work, ids):
        if one.disputed_minor:
            why[one.id] = "The client disputes the invoice."
        elif one.insolvent:
            why[one.id] = "The client is insolvent; the claim goes to the administrator."
        elif one.promised_until is not None and one.promised_until >= work.today:
            why[one.id] = f"The client promised to pay by {one.promised_until.isoformat()}."
    return why


async def _announce(
    work: Work, invoice: Invoice, mandate: SepaMandate, collect_on: date, charter_version: int
) -> DirectDebitId:
    one = DirectDebit(
        id=DirectDebitId(new_id()),
        mandate_id=mandate.id,
        invoice_id=invoice.id,
        amount_minor=invoice.open_minor,
        currency=invoice.currency,
        collect_on=collect_on,
        sequence="RCUR" if mandate.collected else "FRST",
        state=DIRECT_DEBIT.initial,
        announced_at=work.now,
        charter_version=charter_version,
        reason="",
    )
    work.session.add(one)
    await work.session.flush()
    await work.emit(DirectDebitAnnounced(direct_debit_id=one.id, invoice_id=invoice.id))
    return one.id


async def make_collection_file(work: Work, data: BatchIn) -> BatchOut:
    """Write what was announced and falls due within five days into one pain.008, per day.

    The earliest day goes first. Collections whose invoice was paid, credited or disputed since,
    or whose mandate is gone, are stopped with the reason. Raises NothingToCollect,
    MandateUnusable without a creditor identifier, and PaymentFileInvalid.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    coop = work.settings.coop
    if not coop.creditor_id:
        raise MandateUnusable(
            "The co-operative has no SEPA creditor identifier.",
            mend="The operator sets it (coop.creditor_id) as the bank wrote it.",
        )
    checked_creditor_id(coop.creditor_id)
    account = await paying_account(work, "EUR", data.account_id)
    due = await _due(work)
    if not due:
        # What was stopped stays stopped, although there is nothing to file.
        raise work.refuse(NothingToCollect("No announced collection falls due in the next days."))
    batch_id = BatchId(new_id())
    collect_on = max(due[0][0].collect_on, add_business_days(work.today, 1, coop.country))
    first: set[MandateId] = set()
    collections = []
    for one, invoice, mandate, client in due:
        one.sequence = "RCUR" if mandate.collected or mandate.id in first else "FRST"
        first.add(mandate.id)
        collections.append(_collection(work, one, invoice, mandate, client))
    file = collection_file(
        message_id=batch_id.hex,
        created_at=work.now,
        collect_on=collect_on,
        creditor=_creditor(coop, account),
        collections=tuple(collections),
    )
    batch = PaymentBatch(
        id=batch_id,
        kind="collection",
        account_id=account.id,
        state=PAYMENT_BATCH.initial,
        execute_on=collect_on,
        payments=len(due),
        total_minor=sum(one.amount_minor for one, *_ in due),
        currency="EUR",
        file_sealed=work.keyring.seal(file, context=SEALED_BATCH.context(batch_id)),
        file_sha256=hashlib.sha256(file).digest(),
        made_by=work.actor.member_id,
        made_at=work.now,
        bank_status="",
    )
    work.session.add(batch)
    await work.session.flush()
    for one, _, mandate, _ in due:
        DIRECT_DEBIT.move(one, "file")
        one.batch_id, one.account_id = batch_id, account.id
        mandate.collected += 1
        mandate.last_used_on = collect_on
    await work.session.flush()
    return batch_out(batch)


def _creditor(coop: Cooperative, account: CoopBankAccount) -> Creditor:
    """The co-operative as it stands in the file."""
    return Creditor(
        name=coop.name,
        identifier=coop.creditor_id,
        iban=account.iban,
        bic=account.bic,
        enterprise_number=coop.enterprise_number,
        address=Address(
            town=coop.city, country=coop.country, postcode=coop.postcode, line=coop.street
        ),
    )


async def _due(
    work: Work,
) -> list[tuple[DirectDebit, Invoice, SepaMandate, Organisation]]:
    """Collections of the earliest day whose time has come; what can no longer be is stopped."""
    until = add_business_days(work.today, 5, work.settings.coop.country)
    rows = await work.session.execute(
        select(DirectDebit, Invoice, SepaMandate, Organisation)
        .join(Invoice, Invoice.id == DirectDebit.invoice_id)
        .join(SepaMandate, SepaMandate.id == DirectDebit.mandate_id)
        .join(Organisation, Organisation.id == SepaMandate.organisation_id)
        .where(DirectDebit.state == DIRECT_DEBIT.initial, DirectDebit.collect_on <= until)
        .order_by(DirectDebit.collect_on, DirectDebit.id)
        .limit(COLLECT_MAX)
        .with_for_update(of=(DirectDebit, SepaMandate))
        .execution_options(populate_existing=True)
    )
    kept: list[tuple[DirectDebit, Invoice, SepaMandate, Organisation]] = []
    found = [*rows]
    resting = await _resting(work, [one.invoice_id for one, *_ in found])
    for one, invoice, mandate, client in found:
        why = _cannot(one, invoice, mandate) or resting.get(one.invoice_id, "")
        if why:
            await _end(work, one, "stop", why)
        elif not kept or kept[0][0].collect_on == one.collect_on:
            kept.append((one, invoice, mandate, client))
    return kept


def _cannot(one: DirectDebit, invoice: Invoice, mandate: SepaMandate) -> str:
    if mandate.state != "active":
        return "The mandate is not in force."
    if lapsed(mandate.last_used_on or mandate.signed_on, one.collect_on):
        return "The mandate was not used for 36 months and has lapsed."
    if invoice.state not in OPEN_STATES or invoice.open_minor != one.amount_minor:
        return "The invoice is no longer open for that amount."
    return ""


def _collection(
    work: Work, one: DirectDebit, invoice: Invoice, mandate: SepaMandate, client: Organisation
) -> Collection:
    reference = plain_reference(invoice.reference or "")
    return Collection(
        end_to_end_id=one.end_to_end_id,
        amount_minor=one.amount_minor,
        mandate=mandate.reference,
        signed_on=mandate.signed_on,
        scheme=mandate.scheme,
        sequence=one.sequence,
        name=mandate.holder,
        iban=mandate.iban(work.keyring),
        reference=reference if is_structured(reference) else "",
        text=f"Invoice {invoice.number}",
        address=Address(
            town=client.city or "",
            country=client.country,
            postcode=client.postcode or "",
            line=client.street or "",
        ),
    )


async def stop_collection(
    work: Work, direct_debit_id: DirectDebitId, data: RejectIn
) -> DirectDebitOut:
    """Do not collect what was announced, with the reason; that invoice is announced no more.

    Not once it is in a file.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    one = await work.session.get(DirectDebit, direct_debit_id, with_for_update=True)
    if one is None:
        raise DirectDebitNotFound
    one.stopped_by = work.actor.member_id
    await _end(work, one, "stop", data.reason)
    return (await direct_debit_views(work, [one]))[0]


async def refuse_collections(
    work: Work,
    report: StatusFile,
    batch_id: BatchId,
    told: dict[str, TransactionStatus],
    *,
    everything: bool,
) -> int:
    """What the bank refused of a collection file before collecting it; says how many."""
    rows = await work.session.scalars(
        select(DirectDebit)
        .where(DirectDebit.batch_id == batch_id, DirectDebit.state == "filed")
        .order_by(DirectDebit.id)
        .with_for_update()
    )
    refused = 0
    for one in rows:
        said = told.get(one.end_to_end_id)
        if (said is None and not everything) or (said and said.status != REJECTED):
            continue
        code = (said.reason if said else report.group_reason) or report.group_reason
        await _end(work, one, "refuse", plain_reason(code, said.text if said else ""))
        refused += 1
    return refused


FILED: Final = "SELECT 1 FROM direct_debit WHERE invoice_id = $1 AND state = 'filed' FOR UPDATE"


async def note_collected(work: Work, entry_id: BankEntryId, invoice_id: InvoiceId) -> None:
    """An entry was matched with an invoice: the collection that asked for it is collected."""
    # Nearly every payment is none: one look through the driver, which locks what it finds.
    if not await work.fetch(FILED, invoice_id):
        return
    entry = await work.session.get(BankEntry, entry_id)
    one = await _filed(work, invoice_id, "filed")
    if one is None or entry is None or entry.amount_minor != one.amount_minor:
        return
    one.settled_on = entry.booked_on
    await _end(work, one, "collect", "")


async def note_collection_returned(work: Work, invoice_id: InvoiceId, reason: str) -> None:
    """The payment of a collected invoice was taken back by the client's bank."""
    one = await _filed(work, invoice_id, "collected")
    if one is not None:
        await _end(work, one, "return", plain_reason(reason))


async def note_not_collected(work: Work, invoice_id: InvoiceId) -> None:
    """The entry was no collection of this invoice after all: it is awaited again."""
    one = await _filed(work, invoice_id, "collected")
    if one is not None:
        one.settled_on = None
        await _end(work, one, "reopen", "")


async def invoices_of(work: Work, undo_id: UndoId) -> list[InvoiceId]:
    """The invoices that the entry of an undo was matched with, in the round that was undone."""
    return list(
        await work.session.scalars(
            select(BankMatch.invoice_id)
            .join(
                MatchUndo,
                and_(MatchUndo.entry_id == BankMatch.entry_id, MatchUndo.round == BankMatch.round),
            )
            .where(MatchUndo.id == undo_id)
            .distinct()
        )
    )


async def _filed(work: Work, invoice_id: InvoiceId, state: str) -> DirectDebit | None:
    return await work.session.scalar(
        select(DirectDebit)
        .where(DirectDebit.invoice_id == invoice_id, DirectDebit.state == state)
        .with_for_update()
    )


async def _end(work: Work, one: DirectDebit, step: str, reason: str) -> None:
    DIRECT_DEBIT.move(one, step)
    one.reason = reason[:500]
    await work.emit(
        DirectDebitEnded(
            direct_debit_id=one.id, invoice_id=one.invoice_id, state=one.state, reason=reason
        )
    )
