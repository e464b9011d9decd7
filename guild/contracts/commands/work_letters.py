"""Mails to clients about work under a contract: time sheets, closing statements, disputes."""

from guild.contracts.commands.letters import facts_of, mail_client
from guild.contracts.models import Contract, ContractCase, ContractEnding, TimeSheet
from guild.core.money import Money
from guild.core.pages import hours_text, long_month
from guild.core.work import Work
from guild.members.models import Contact, Member


def _answered_at(work: Work, token: str) -> str:
    return f"{work.settings.base_url}/deliveries/{token}"


def mail_sheet(
    work: Work, contract: Contract, sheet: TimeSheet, contact: Contact, *, token: str,
    reminder: bool,
) -> None:  # fmt: skip
    """To the client: a month of time and costs, and by when silence approves it."""
    mail_client(
        work, contact, "sheet", ("text", "link", "silence"),
        facts_of(
            work, contract, month=long_month(sheet.month, contact.language),
            total=Money(sheet.time_minor + sheet.costs_minor, contract.currency),
            hours=hours_text(sheet.minutes, contact.language),
            until=sheet.answer_by, link=_answered_at(work, token),
        ),
        why="why_client", subject="reminder" if reminder else "subject",
    )  # fmt: skip


def mail_ending(
    work: Work, contract: Contract, ending: ContractEnding, contact: Contact, *, token: str
) -> None:
    """To the client: the closing statement with its sums, and by when silence agrees."""

    def money(minor: int) -> Money:
        return Money(minor, contract.currency)

    mail_client(
        work, contact, "ending", ("text", "sums", "link", "silence"),
        facts_of(
            work, contract, notice_until=ending.notice_until, accepted=money(ending.accepted_minor),
            delivered=money(ending.delivered_minor), not_begun=money(ending.not_begun_minor),
            kill_fee=money(ending.kill_fee_minor), until=ending.answer_by,
            link=_answered_at(work, token),
        ),
        why="why_client",
    )  # fmt: skip


def mail_case(
    work: Work, contract: Contract, case: ContractCase, contact: Contact, member: Member, *,
    token: str, step: str,
) -> None:  # fmt: skip
    """To the client: what was said in a dispute, and where to read it.

    `step` is what happened: opened, answered, withdrawn or decided.
    """
    said = {
        "opened": ("text", "due", "case.link"),
        "answered": ("text", "due", "case.link"),
        "withdrawn": ("text", "case.link"),
        "decided": (case.outcome or "", "case.link"),
    }
    words = {"answered": case.answer, "decided": case.reasons}.get(step) or case.text
    mail_client(
        work, contact, f"case_{step}", said[step],
        facts_of(
            work, contract, member=member.display_name, words=words, answer_by=case.answer_by,
            decide_by=case.decide_by, link=_answered_at(work, token),
        ),
        why="why_client",
    )  # fmt: skip
