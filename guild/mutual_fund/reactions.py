"""What the fund does when something happens to contracts, invoices, payments, payouts, claims."""

from guild.contracts.events import (
    ContractAmended,
    ContractDeclined,
    ContractExpired,
    ContractOffered,
    ContractSigned,
    ContractTerminated,
    ContractVoided,
    ContractWithdrawn,
)
from guild.core.events import reacts_to
from guild.core.work import Work
from guild.invoicing.events import (
    InvoiceCredited,
    InvoiceIssued,
    InvoiceReinstated,
    InvoiceWrittenOff,
    PaymentRecorded,
    PaymentReversed,
    WriteOffCredited,
)
from guild.mutual_fund import commands, jobs
from guild.mutual_fund.events import ClaimAppealed, ClaimFiled
from guild.receivables.events import (
    ClientInsolvent,
    InsolvencyLifted,
    InvoiceDisputeClosed,
    InvoiceDisputed,
)
from guild.treasury.events import (
    PayoutApprovalGiven,
    PayoutRejected,
    PayoutReturned,
    PayoutSettled,
)


@reacts_to(ContractOffered)
async def on_contract_offered(work: Work, fact: ContractOffered) -> None:
    """Say whether the order is guaranteed, and hold room for it."""
    await commands.quote_offer(work, fact)


@reacts_to(ContractSigned)
async def on_contract_signed(work: Work, fact: ContractSigned) -> None:
    """The client has confirmed the order: the promise stands."""
    await commands.reserve_guarantee(work, fact)


@reacts_to(ContractAmended)
async def on_contract_amended(work: Work, fact: ContractAmended) -> None:
    """The promise follows the new price."""
    await commands.merge_guarantee(work, fact)


@reacts_to(ContractDeclined)
async def on_contract_declined(work: Work, fact: ContractDeclined) -> None:
    """Free the room that was held."""
    await commands.release_guarantee(work, fact.contract_id)


@reacts_to(ContractWithdrawn)
async def on_contract_withdrawn(work: Work, fact: ContractWithdrawn) -> None:
    """Free the room that was held."""
    await commands.release_guarantee(work, fact.contract_id)


@reacts_to(ContractExpired)
async def on_contract_expired(work: Work, fact: ContractExpired) -> None:
    """Free the room that was held."""
    await commands.release_guarantee(work, fact.contract_id)


@reacts_to(ContractTerminated)
async def on_contract_terminated(work: Work, fact: ContractTerminated) -> None:
    """Nothing more is advanced on a contract that was ended."""
    await commands.release_guarantee(work, fact.contract_id)


@reacts_to(ContractVoided)
async def on_contract_voided(work: Work, fact: ContractVoided) -> None:
    """Nothing is advanced on a contract that counts as never made."""
    await commands.release_guarantee(work, fact.contract_id)


@reacts_to(InvoiceIssued)
async def on_invoice_issued(work: Work, fact: InvoiceIssued) -> None:
    """Note the invoice with its levy, and the day on which an advance is due."""
    await commands.register_invoice(work, fact)


@reacts_to(PaymentRecorded)
async def on_payment_recorded(work: Work, fact: PaymentRecorded) -> None:
    """Levy to the pots, advance back to the fund, the rest to the member."""
    await commands.release_payment(work, fact)


@reacts_to(PaymentReversed)
async def on_payment_reversed(work: Work, fact: PaymentReversed) -> None:
    """Take back from pots and member what the payment had released."""
    await commands.take_back_payment(work, fact)


@reacts_to(InvoiceCredited)
async def on_invoice_credited(work: Work, fact: InvoiceCredited) -> None:
    """Take back from pots and member what was released for what is now credited."""
    await commands.return_levy(work, fact)


@reacts_to(InvoiceDisputed)
async def on_invoice_disputed(work: Work, fact: InvoiceDisputed) -> None:
    """Of the disputed part only the charter's share is advanced."""
    await commands.hold_disputed(work, fact)


@reacts_to(InvoiceDisputeClosed)
async def on_dispute_closed(work: Work, fact: InvoiceDisputeClosed) -> None:
    """Nothing is held back for the objection any more."""
    await commands.end_dispute(work, fact.invoice_id)


@reacts_to(InvoiceWrittenOff)
async def on_invoice_written_off(work: Work, fact: InvoiceWrittenOff) -> None:
    """Nothing more is advanced on what was given up."""
    await commands.note_given_up(work, fact)


@reacts_to(InvoiceReinstated)
async def on_invoice_reinstated(work: Work, fact: InvoiceReinstated) -> None:
    """It is owed again, so it can be advanced again."""
    await commands.note_taken_back(work, fact)


@reacts_to(WriteOffCredited)
async def on_write_off_credited(work: Work, fact: WriteOffCredited) -> None:
    """The credit note that follows takes it off what can be advanced; it counts once."""
    await commands.note_taken_back(work, fact)


@reacts_to(ClientInsolvent)
async def on_client_insolvent(work: Work, fact: ClientInsolvent) -> None:
    """No new guarantee for this client; what was promised stays promised."""
    await commands.bar_client(work, fact.client_key, fact.declared_on)


@reacts_to(InsolvencyLifted)
async def on_insolvency_lifted(work: Work, fact: InsolvencyLifted) -> None:
    """The client's limit is the charter's again."""
    await commands.unbar_client(work, fact.client_key)


@reacts_to(ClaimFiled)
async def on_claim_filed(work: Work, fact: ClaimFiled) -> None:
    """Draw the jury in the background."""
    work.later(jobs.draw_jury, claim_id=fact.claim_id)


@reacts_to(ClaimAppealed)
async def on_claim_appealed(work: Work, fact: ClaimAppealed) -> None:
    """Draw the second jury in the background."""
    work.later(jobs.draw_jury, claim_id=fact.claim_id)


@reacts_to(PayoutApprovalGiven)
async def on_payout_approval(work: Work, fact: PayoutApprovalGiven) -> None:
    """Whoever judged a claim does not approve that its benefit is paid."""
    await commands.refuse_juror(work, fact.payout_id, fact.approver_id)


@reacts_to(PayoutSettled)
async def on_payout_settled(work: Work, fact: PayoutSettled) -> None:
    """A benefit has reached its member."""
    await commands.note_payout(work, fact.payout_id, "settled")


@reacts_to(PayoutRejected)
async def on_payout_rejected(work: Work, fact: PayoutRejected) -> None:
    """A benefit can be asked for again."""
    await commands.note_payout(work, fact.payout_id, "rejected")


@reacts_to(PayoutReturned)
async def on_payout_returned(work: Work, fact: PayoutReturned) -> None:
    """A benefit came back from the bank and can be asked for again."""
    await commands.note_payout(work, fact.payout_id, "returned")
