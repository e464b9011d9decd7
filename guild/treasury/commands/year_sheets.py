"""The printed year of a member, filled from what `queries.income` read in the ledger."""

from typing import cast

from guild.core.money import Money
from guild.core.work import Work
from guild.documents.schemas import Addressee, Language
from guild.members.models import Member
from guild.treasury.commands.printing import address_of, letterhead
from guild.treasury.models import IncomeStatement
from guild.treasury.queries.income import income_of
from guild.treasury.schemas import IncomeOut
from guild.treasury.sheets import IncomeLine, IncomeSheet, YearSheet

LANGUAGES = ("en", "fr", "nl", "de")


async def year_sheet(work: Work, member: Member, kept: IncomeStatement) -> YearSheet:
    """Everything that `income_print.html` shows."""
    shown = await income_of(work, member.id, kept.year)
    return YearSheet(
        lang=cast("Language", member.language if member.language in LANGUAGES else "en"),
        number=f"{kept.year}",
        year=kept.year,
        seller=letterhead(work),
        to=Addressee(name=member.legal_name, address=address_of(member), country=member.country),
        parts=tuple(_part(one) for one in shown.currencies if _moved(one)),
        made_on=kept.asked_at.date(),
    )


def _moved(one: IncomeOut) -> bool:
    sums = (one.invoiced_net, one.received_net, one.earned, one.paid_out, one.opening, one.benefits)
    return any(Money.parse(text, one.currency).minor for text in sums)


def _part(one: IncomeOut) -> IncomeSheet:
    def minor(text: str) -> int:
        return Money.parse(text, one.currency).minor

    shares = tuple(IncomeLine(code=share.code, minor=minor(share.amount)) for share in one.shares)
    received = minor(one.received_net)
    own = received - sum(share.minor for share in shares)
    lines = (
        IncomeLine(code="own", minor=own),
        IncomeLine(code="advances", minor=minor(one.advances)),
        IncomeLine(code="interest", minor=minor(one.interest)),
        IncomeLine(code="corrections", minor=minor(one.corrections)),
    )
    earned = tuple(line for line in lines if line.minor)
    assert sum(line.minor for line in earned) == minor(one.earned), "the year adds up"
    opening, closing = minor(one.opening), minor(one.closing)
    return IncomeSheet(
        currency=one.currency,
        invoiced_minor=minor(one.invoiced_net),
        received_minor=received,
        shares=shares,
        own_minor=own,
        earned=earned,
        earned_minor=minor(one.earned),
        benefits_minor=minor(one.benefits),
        opening_minor=opening,
        paid_minor=opening + minor(one.earned) - closing,
        closing_minor=closing,
    )
