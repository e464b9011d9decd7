"""Mails about work under a contract: time sheets, closing statements, disputes, expiry."""

from guild.contracts.models import Contract, ContractCase, ContractEnding, TimeSheet
from guild.contracts.rules.wording import moment_words
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.work import Work
from guild.members.models import Contact


def _to_client(work: Work, contract: Contract, contact: Contact, subject: str, text: str) -> None:
    send_mail(
        work, to=contact.email, subject=subject, text=f"Dear {contact.name},\n\n{text}",
        reason=f"You get this because you are the client of {contract.number}.",
    )  # fmt: skip


def mail_sheet(
    work: Work, contract: Contract, sheet: TimeSheet, contact: Contact, *, token: str,
    reminder: bool,
) -> None:  # fmt: skip
    """To the client: a month of time and costs, and by when silence approves it."""
    total = Money(sheet.time_minor + sheet.costs_minor, contract.currency)
    _to_client(
        work, contract, contact,
        f"{'Reminder: please' if reminder else 'Please'} approve the time sheet of "
        f"{sheet.month:%Y-%m} until {moment_words(sheet.answer_by)}",
        f"The time sheet of {sheet.month:%Y-%m} for {contract.number} comes to {total} before VAT, "
        f"with {sheet.minutes / 60:g} hours.\n\nApprove it or say what is wrong:\n"
        f"{work.settings.base_url}/deliveries/{token}\n\nIf you say nothing, it counts as approved "
        f"after {moment_words(sheet.answer_by)}.",
    )  # fmt: skip


def mail_ending(
    work: Work, contract: Contract, ending: ContractEnding, contact: Contact, *, token: str
) -> None:
    """To the client: the closing statement with its sums, and by when silence agrees."""

    def money(minor: int) -> Money:
        return Money(minor, contract.currency)

    _to_client(
        work, contract, contact, f"{contract.number} ends early: the closing statement",
        f"The contract “{contract.title}” ends; notice runs until {ending.notice_until}.\n\n"
        f"Accepted and not invoiced yet: {money(ending.accepted_minor)}\n"
        f"Delivered, your answer is missing: {money(ending.delivered_minor)}\n"
        f"Not begun: {money(ending.not_begun_minor)}\n"
        f"Kill fee: {money(ending.kill_fee_minor)}\n\n"
        f"Agree or say what is wrong:\n{work.settings.base_url}/deliveries/{token}\n\n"
        f"If you say nothing, it counts as agreed after {moment_words(ending.answer_by)}.",
    )  # fmt: skip


def mail_case(
    work: Work, contract: Contract, case: ContractCase, contact: Contact, *, token: str, what: str
) -> None:
    """To the client: what was said in a dispute, and where to answer."""
    _to_client(
        work, contract, contact, f"{contract.number}: {what}",
        f"{case.reasons or case.answer or case.text}\n\n"
        f"{work.settings.base_url}/deliveries/{token}\n\n"
        f"An answer is due by {moment_words(case.answer_by)}; a union representative decides by "
        f"{moment_words(case.decide_by)}.",
    )  # fmt: skip
