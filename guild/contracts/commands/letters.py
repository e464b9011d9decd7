"""Mails about contracts: what they say. Only these hold personal links and codes."""

from datetime import datetime

from guild.contracts.models import Contract, ContractRemark, Delivery, Milestone
from guild.contracts.rules.wording import moment_words
from guild.core.ids import MailId
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.work import Work
from guild.members.models import Contact, Member, Organisation


def _to_client(work: Work, contact: Contact, subject: str, text: str, why: str) -> MailId:
    return send_mail(work, to=contact.email, subject=subject, text=text, reason=why)


def _to_member(work: Work, member: Member, subject: str, text: str) -> None:
    send_mail(
        work,
        to=member.email,
        subject=subject,
        text=text,
        reason=f"You get this because it is your contract through {work.settings.coop.name}.",
    )


def mail_offer(
    work: Work, contract: Contract, member: Member, contact: Contact, *, token: str,
    answer_by: datetime, renewed: bool, reads_only: bool = False,
) -> MailId:  # fmt: skip
    """The offer and its personal link, to one person at the client only."""
    coop = work.settings.coop.name
    again = "Here is your new link; the earlier one no longer works.\n\n" if renewed else ""
    return _to_client(
        work,
        contact,
        f"Offer from {member.display_name} via {coop}",
        f"Dear {contact.name},\n\n{again}"
        f"{member.display_name} offers you: {contract.title}.\n"
        f"Price before VAT: {Money(contract.net_minor, contract.currency)}.\n"
        f"{_asked(answer_by, reads_only=reads_only)}\n\n"
        f"{work.settings.base_url}/offers/{token}\n\n"
        f"The link is yours alone; {member.display_name} never sees it, so please do not pass it "
        f"on. You need no account. {coop} invoices the work.",
        f"You get this because {member.display_name} names you as the client of {contract.number}.",
    )


def _asked(answer_by: datetime, *, reads_only: bool) -> str:
    if reads_only:
        return "You are asked to read along; others at your organisation answer."
    return f"Please answer by {moment_words(answer_by)}: sign, ask for changes, or decline."


def mail_stopped(work: Work, contract: Contract, email: str, subject: str, text: str) -> None:
    """To one person at the client: she need not answer any more, and why."""
    send_mail(
        work,
        to=email,
        subject=f"{contract.number}: {subject}",
        text=f"“{contract.title}”: {text}",
        reason=f"You get this because you were asked about {contract.number}.",
    )


def mail_offer_reminder(
    work: Work, contract: Contract, member: Member, signer_name: str, email: str,
    answer_by: datetime,
) -> None:  # fmt: skip
    """To one person at the client: the offer still waits. Her link is in the earlier mail."""
    send_mail(
        work,
        to=email,
        subject=f"Reminder: offer {contract.number} from {member.display_name}",
        text=f"Dear {signer_name},\n\n{member.display_name} waits for your answer to "
        f"“{contract.title}” until {moment_words(answer_by)}: sign, ask for changes, or decline."
        "\n\nYour personal link is in the mail that brought the offer. If it has ended, open it "
        "all the same: one button mails you a new one.",
        reason=f"You get this because you were asked about {contract.number}.",
    )


def mail_code(work: Work, contract: Contract, contact: Contact, code: str, minutes: int) -> None:
    """The one-time code, to the address that the link went to."""
    _to_client(
        work,
        contact,
        f"Your code to sign {contract.number}",
        f"Your code: {code}\n\nIt works for {minutes} minutes, for {contract.number} only. Nobody "
        "will ask you for it by telephone. If you did not ask for it, do nothing.",
        "You get this because somebody with your personal link asked for a code to sign.",
    )


def mail_answer(work: Work, contract: Contract, member: Member, subject: str, text: str) -> None:
    """To the member: what the client answered."""
    link = f"{work.settings.base_url}/contracts/{contract.id}"
    _to_member(work, member, f"{contract.number}: {subject}", f"{text}\n\n{link}")


def mail_remark(
    work: Work, contract: Contract, contact: Contact, member: Member, remark: ContractRemark, *,
    token: str | None,
) -> None:  # fmt: skip
    """To one person at the client: the freelancer said something about the offer.

    Without a token she answers by the link to the offer, which she has.
    """
    where = (
        f"Answer here: {work.settings.base_url}/threads/{token}"
        if token
        else "To answer, open the offer by the link that you have, and choose “What is said”."
    )
    _to_client(
        work,
        contact,
        f"{contract.number}: a remark on “{remark.heading}”",
        f"Dear {contact.name},\n\n{member.display_name} wrote about “{remark.heading}”:\n\n"
        f"{remark.text}\n\n{where}",
        f"You get this because {member.display_name} names you as the client of {contract.number}.",
    )


def mail_sealed(work: Work, contract: Contract, member: Member) -> None:
    """To the member: the sealed file is ready, with its fingerprint."""
    link = f"{work.settings.base_url}/contracts/{contract.id}"
    _to_member(work, member, _sealed_subject(contract), f"{_sealed_text(contract)}{link}")


def mail_sealed_copy(work: Work, contract: Contract, email: str, *, token: str) -> None:
    """To one person at the client: the same, with a link of her own."""
    send_mail(
        work,
        to=email,
        subject=_sealed_subject(contract),
        text=f"{_sealed_text(contract)}{work.settings.base_url}/offers/{token}",
        reason=f"You get this because you signed {contract.number}, or were asked to read it.",
    )


def _sealed_subject(contract: Contract) -> str:
    return f"{contract.number} is signed and sealed"


def _sealed_text(contract: Contract) -> str:
    return (
        f"“{contract.title}” is signed by both sides. The sealed file holds the contract, the "
        f"certificate of signature and all evidence. Its SHA-256:\n{contract.sealed_sha256}\n\n"
        "Your copy: "
    )


def mail_unsealed(work: Work, contract: Contract) -> None:
    """To the office: a signed contract has no sealed file."""
    send_mail(
        work,
        to=work.settings.coop.email,
        subject=f"{contract.number} is signed but not sealed",
        text=f"{contract.number} was signed half an hour ago and has no sealed file yet. The "
        "signatures are safe. Look at the queue: `guild dead` lists jobs that gave up, and "
        "`guild dead --replay ID` tries one again. A time-stamping authority that does not answer "
        "is the usual cause.",
        reason="You get this because you run the office.",
    )


def mail_delivery(
    work: Work, contract: Contract, milestone: Milestone, delivery: Delivery, contact: Contact,
    *, token: str, reminder: bool,
) -> None:  # fmt: skip
    """To the client: work was delivered, and by when silence counts as acceptance."""
    prefix = "Reminder: please" if reminder else "Please"
    links = "".join(f"{link}\n" for link in delivery.links)
    _to_client(
        work,
        contact,
        f"{prefix} accept “{milestone.title}” until {moment_words(delivery.answer_by)}",
        f"Dear {contact.name},\n\n“{milestone.title}” of {contract.number} was delivered:\n\n"
        f"{delivery.note}\n{links}\n"
        "Accept it or ask for changes:\n"
        f"{work.settings.base_url}/deliveries/{token}\n\n"
        f"If you say nothing, it counts as accepted after {moment_words(delivery.answer_by)}, as "
        "the contract says.",
        f"You get this because you signed {contract.number}.",
    )


def mail_terminated(
    work: Work, contract: Contract, contact: Contact, member: Member, client: Organisation
) -> None:
    """To the client: the contract ends early."""
    _to_client(
        work,
        contact,
        f"{contract.number} ends early",
        f"{member.display_name} has ended the contract “{contract.title}” with {client.name}. "
        "Accepted work stays payable; the contract says what is owed for work not begun.",
        f"You get this because you signed {contract.number}.",
    )


def mail_renewed(work: Work, contract: Contract, email: str, path: str) -> None:
    """To one person at the client: a new link in place of one that no longer opens."""
    send_mail(
        work, to=email, subject=f"{contract.number}: your new link",
        text=f"“{contract.title}”: here is a new link.\n\n{work.settings.base_url}{path}",
        reason="You get this because somebody with your old link asked for a new one.",
    )  # fmt: skip


def mail_rep(work: Work, email: str, subject: str, text: str) -> None:
    """To a union representative: something waits for her decision."""
    send_mail(
        work, to=email, subject=subject, text=text,
        reason="You get this because you are a union representative.",
    )  # fmt: skip
