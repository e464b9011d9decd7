"""Mails about contracts: who gets which. Only these hold personal links and codes.

A client reads them in its contact's language (`rules/letters.py` has the words), a member in
English.
"""

from datetime import datetime

from guild.contracts.models import Contract, ContractRemark, ContractSigner, Delivery, Milestone
from guild.contracts.rules.letters import about, sentence
from guild.core.ids import MailId
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.work import Work
from guild.members.models import Contact, Member


def facts_of(work: Work, contract: Contract, **facts: object) -> dict[str, object]:
    """What every letter may name, and what this one names besides."""
    coop = work.settings.coop.name
    return {"number": contract.number, "title": contract.title, "coop": coop, **facts}


def mail_client(
    work: Work, contact: Contact, letter: str, paragraphs: tuple[str, ...],
    facts: dict[str, object], *, why: str, subject: str = "subject",
) -> MailId:  # fmt: skip
    """Send a letter to one person at a client in her language: greeting, then these paragraphs.

    A paragraph is of the letter, or of another one as `other.name`; `why` is the reason at the end.
    """
    lang = contact.language
    known = {**facts, "contact": contact.name}
    named = [one.rpartition(".") for one in paragraphs]
    body = [sentence(lang, of or letter, name, known) for of, _, name in named]
    return send_mail(
        work,
        to=contact.email,
        subject=sentence(lang, letter, subject, known),
        text="\n\n".join([sentence(lang, "parts", "hello", known), *body]),
        reason=sentence(lang, "parts", why, known),
        lang=lang,
    )


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
    """The offer or amendment and its personal link, to one person at the client only."""
    letter = "offer" if contract.amends_id is None else "amendment"
    again = ("offer.renewed",) if renewed else ()
    asked = "offer.reads" if reads_only else "offer.answer"
    return mail_client(
        work, contact, letter, (*again, "text", asked, "offer.link", "offer.yours"),
        facts_of(
            work, contract, member=member.display_name, until=answer_by,
            price=Money(contract.net_minor, contract.currency),
            link=f"{work.settings.base_url}/offers/{token}",
        ),
        why="why_named",
    )  # fmt: skip


def mail_told(
    work: Work, contract: Contract, contact: Contact, letter: str, **facts: object
) -> None:
    """To one person at the client: how a contract goes on that she was asked about."""
    _in_short(work, contact, letter, facts_of(work, contract, **facts), "why_asked")


def _in_short(
    work: Work, contact: Contact, letter: str, facts: dict[str, object], why: str
) -> None:
    """A letter of one paragraph after the contract's title."""
    said = {**facts, "text": sentence(contact.language, letter, "text", facts)}
    mail_client(work, contact, letter, ("parts.about",), said, why=why)


def mail_member_too(
    work: Work, contract: Contract, member: Member, letter: str, **facts: object
) -> None:
    """The same to the member."""
    known = facts_of(work, contract, **facts)
    link = f"{work.settings.base_url}/contracts/{contract.id}"
    subject = sentence("en", letter, "subject", known)
    _to_member(work, member, subject, f"{about('en', letter, known)}\n\n{link}")


async def contact_of(work: Work, signer: ContractSigner) -> Contact:
    """The contact behind a signer, who says in which language she reads."""
    return await work.session.get_one(Contact, signer.contact_id)


def mail_offer_reminder(
    work: Work, contract: Contract, member: Member, contact: Contact, answer_by: datetime
) -> None:
    """To one person at the client: the offer still waits. Her link is in the earlier mail."""
    mail_client(
        work, contact, "offer_reminder", ("text", "link"),
        facts_of(work, contract, member=member.display_name, until=answer_by), why="why_asked",
    )  # fmt: skip


def mail_code(work: Work, contract: Contract, contact: Contact, code: str, minutes: int) -> None:
    """The one-time code, to the address that the link went to."""
    mail_client(
        work, contact, "code", ("text", "care"),
        facts_of(work, contract, code=code, minutes=minutes), why="why_code",
    )  # fmt: skip


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
    mail_client(
        work, contact, "remark", ("text", "link" if token else "offer"),
        facts_of(
            work, contract, member=member.display_name, heading=remark.heading, words=remark.text,
            link=f"{work.settings.base_url}/threads/{token}",
        ),
        why="why_named",
    )  # fmt: skip


def mail_sealed(work: Work, contract: Contract, member: Member) -> None:
    """To the member: the sealed file is ready, with its fingerprint."""
    link = f"{work.settings.base_url}/contracts/{contract.id}"
    known = facts_of(work, contract, sha256=contract.sealed_sha256, link=link)
    text = "\n\n".join(sentence("en", "sealed", name, known) for name in ("text", "link"))
    _to_member(work, member, sentence("en", "sealed", "subject", known), text)


def mail_sealed_copy(work: Work, contract: Contract, contact: Contact, *, token: str) -> None:
    """To one person at the client: the same, with a link of her own."""
    link = f"{work.settings.base_url}/offers/{token}"
    mail_client(
        work, contact, "sealed", ("text", "link"),
        facts_of(work, contract, sha256=contract.sealed_sha256, link=link), why="why_read",
    )  # fmt: skip


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
    mail_client(
        work, contact, "delivery", ("text", "link", "silence"),
        facts_of(
            work, contract, milestone=milestone.title, until=delivery.answer_by,
            words="\n".join([delivery.note, *delivery.links]),
            link=f"{work.settings.base_url}/deliveries/{token}",
        ),
        why="why_signed", subject="reminder" if reminder else "subject",
    )  # fmt: skip


def mail_renewed(work: Work, contract: Contract, contact: Contact, path: str) -> None:
    """To one person at the client: a new link in place of one that no longer opens."""
    link = f"{work.settings.base_url}{path}"
    _in_short(work, contact, "renewed", facts_of(work, contract, link=link), "why_link")


def mail_rep(work: Work, email: str, subject: str, text: str) -> None:
    """To a union representative: something waits for her decision."""
    send_mail(
        work, to=email, subject=subject, text=text,
        reason="You get this because you are a union representative.",
    )  # fmt: skip
