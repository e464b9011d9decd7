"""Filling the printed sheets from what the books and the rows say."""

from datetime import date
from typing import Any, cast

from guild.core.work import Work
from guild.documents.schemas import Addressee, Language, Letterhead
from guild.invoicing.rules.references import print_reference
from guild.members.models import Organisation
from guild.receivables.models import InterestClaim, Reminder
from guild.receivables.queries.standing import Standing
from guild.receivables.sheets import InterestRow, InterestSheet, ReminderSheet


def letterhead(work: Work) -> Letterhead:
    """The cooperative as it writes letters today."""
    coop = work.settings.coop
    return Letterhead(
        name=coop.name,
        address=(coop.street, f"{coop.postcode} {coop.city}"),
        country=coop.country,
        vat_number=coop.vat_number,
        register="",
        email=coop.email,
    )


def addressee(client: Organisation) -> Addressee:
    """A client as letters reach it."""
    return Addressee(
        name=client.name,
        address=(client.street, f"{client.postcode} {client.city}"),
        country=client.country,
    )


def reminder_sheet(
    work: Work, one: Standing, row: Reminder, client: Organisation, words: dict[str, Any],
    said: dict[str, Any], interest: str,
) -> ReminderSheet:  # fmt: skip
    """The letter of one reminder: the same words as its mail."""
    text = words["reminder"]["before" if row.step < 0 else row.tone]
    known = {**said, "late": (row.sent_at.date() - one.due_on).days, "interest": interest}
    paragraphs = [words["hello"], text["text"]]
    if row.disputed_minor:
        paragraphs.append(words["disputed"])
    return ReminderSheet(
        lang=cast("Language", row.language),
        seller=letterhead(work),
        to=addressee(client),
        number=one.number,
        subject=text["subject"].format(**known),
        title=one.title,
        written_on=row.sent_at.date(),
        issued_on=one.issued_on,
        due_on=one.due_on,
        currency=row.currency,
        total_minor=one.total_minor,
        settled_minor=one.total_minor - row.asked_minor - row.disputed_minor,
        disputed_minor=row.disputed_minor,
        asked_minor=row.asked_minor,
        paragraphs=tuple(" ".join(part.format(**known).split()) for part in paragraphs),
        beneficiary=work.settings.coop.name,
        iban=one.iban,
        bic=one.bic,
        reference=print_reference(one.reference),
    )


def interest_sheet(
    work: Work, one: Standing, row: InterestClaim, client: Organisation, lang: str, law: str,
    shares: str,
) -> InterestSheet:  # fmt: skip
    """The note of one claim, from the segments as they were stored."""
    return InterestSheet(
        lang=cast("Language", lang),
        seller=letterhead(work),
        to=addressee(client),
        invoice_number=row.invoice_number,
        invoice_on=one.issued_on,
        due_on=one.due_on,
        claimed_on=row.claimed_on,
        currency=row.currency,
        rows=tuple(
            InterestRow(
                first=item["first"], last=item["last"], days=item["days"],
                principal_minor=item["principal_minor"], percent=item["percent"],
                minor=item["minor"],
            )
            for item in dated(row.items)
        ),
        interest_minor=row.interest_minor,
        compensation_minor=row.compensation_minor,
        total_minor=row.total_minor,
        law=law,
        compensation_law="Directive 2011/7/EU, article 6(1)",
        shares=shares,
        beneficiary=work.settings.coop.name,
        iban=one.iban,
        bic=one.bic,
        reference=print_reference(row.reference),
    )  # fmt: skip


def dated(items: list[Any]) -> list[dict[str, Any]]:
    """Stored segments with their days as dates again."""
    return [
        {**item, "first": date.fromisoformat(item["first"]),
         "last": date.fromisoformat(item["last"])}
        for item in items
    ]  # fmt: skip
