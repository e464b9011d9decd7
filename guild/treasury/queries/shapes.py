"""Rows as the wire shows them."""

from guild.core.money import Money
from guild.treasury.models import (
    BankEntry,
    BankStatement,
    CoopBankAccount,
    MatchUndo,
    PaymentBatch,
    Payout,
    ProviderPayment,
)
from guild.treasury.schemas import (
    BankEntryOut,
    BatchOut,
    CoopAccountOut,
    PaymentLinkOut,
    PayoutOut,
    StatementOut,
    UndoOut,
)


def account_out(account: CoopBankAccount) -> CoopAccountOut:
    """An account of the co-operative."""
    return CoopAccountOut(
        id=account.id,
        name=account.name,
        iban=account.iban,
        bic=account.bic,
        currency=account.currency,
        statement_balance=Money(account.balance_minor, account.currency).text,
        statement_on=account.balance_on,
    )


def statement_out(statement: BankStatement) -> StatementOut:
    """An imported statement."""
    return StatementOut(
        id=statement.id,
        account_id=statement.account_id,
        number=statement.number,
        bank_reference=statement.bank_reference,
        currency=statement.currency,
        opening=Money(statement.opening_minor, statement.currency).text,
        closing=Money(statement.closing_minor, statement.currency).text,
        from_on=statement.from_on,
        to_on=statement.to_on,
        entries=statement.entries,
        pending=statement.pending,
        file_sha256=statement.file_sha256.hex(),
        imported_at=statement.imported_at,
    )


def entry_out(entry: BankEntry) -> BankEntryOut:
    """A movement at the bank; of the other side's account only the last four signs."""
    return BankEntryOut(
        id=entry.id,
        statement_id=entry.statement_id,
        account_id=entry.account_id,
        reference=entry.reference,
        amount=Money(entry.amount_minor, entry.currency).text,
        currency=entry.currency,
        booked_on=entry.booked_on,
        counterparty=entry.counterparty,
        counterparty_iban_last4=entry.iban_last4,
        structured_reference=entry.structured,
        text=entry.text,
        return_reason=entry.return_reason,
        state=entry.state,
        explanation=entry.explanation,
    )


def payout_out(payout: Payout, *, payee_name: str, last4: str, approvals: int) -> PayoutOut:
    """An order with its payee's name and the end of the account number."""
    return PayoutOut(
        id=payout.id,
        number=payout.number,
        member_id=payout.member_id,
        member_name=payee_name,
        purpose=payout.purpose,
        amount=Money(payout.amount_minor, payout.currency).text,
        currency=payout.currency,
        payee_iban_last4=last4,
        state=payout.state,
        requested_by=payout.requested_by,
        requested_at=payout.requested_at,
        approvals=approvals,
        approvals_needed=payout.approvals_needed,
        roles_needed=payout.roles_needed,
        charter_version=payout.charter_version,
        run_id=payout.run_id,
        pay_on=payout.pay_on,
        bank_status=payout.bank_status,
        batch_id=payout.batch_id,
        settled_on=payout.settled_on,
        reason=payout.reason,
        document_id=payout.document_id,
    )


def batch_out(batch: PaymentBatch) -> BatchOut:
    """A payment file, without its content."""
    return BatchOut(
        id=batch.id,
        kind=batch.kind,
        message_id=batch.id.hex,
        account_id=batch.account_id,
        state=batch.state,
        execute_on=batch.execute_on,
        payments=batch.payments,
        total=Money(batch.total_minor, batch.currency).text,
        currency=batch.currency,
        file_sha256=batch.file_sha256.hex(),
        made_at=batch.made_at,
        bank_status=batch.bank_status,
        sent_at=batch.sent_at,
    )


def undo_out(undo: MatchUndo) -> UndoOut:
    """A request to undo as the wire shows it."""
    return UndoOut(
        id=undo.id,
        entry_id=undo.entry_id,
        cause=undo.cause,
        state=undo.state,
        reason=undo.reason,
        asked_by=undo.asked_by,
        asked_at=undo.asked_at,
        decided_by=undo.decided_by,
    )


def payment_link_out(row: ProviderPayment) -> PaymentLinkOut:
    """A link on which a client pays."""
    return PaymentLinkOut(
        id=row.id,
        invoice_id=row.invoice_id,
        provider=row.provider,
        state=row.state,
        amount=Money(row.amount_minor, row.currency).text,
        returned=Money(row.returned_minor, row.currency).text,
        fee=Money(row.fee_minor, row.currency).text,
        currency=row.currency,
        url=row.url,
        asked_at=row.asked_at,
        paid_at=row.paid_at,
    )
