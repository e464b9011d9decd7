"""Claims of late interest that a transfer pays: named by their reference, or by the sum alone."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import BigInteger, Select, String, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from guild.core.ids import BankEntryId, OrganisationId
from guild.core.work import Work
from guild.members.models import Organisation
from guild.receivables.models import InterestClaim
from guild.treasury.models import BankEntry
from guild.treasury.rules.entries import ReadEntry
from guild.treasury.rules.interest import OpenClaim
from guild.treasury.rules.matching import named_in
from guild.treasury.rules.numbers import plain_reference

CLAIMS_MAX: Final = 60
_TOTAL: Final = InterestClaim.interest_minor + InterestClaim.compensation_minor


async def claims_for(work: Work, entries: Sequence[ReadEntry | BankEntry]) -> list[OpenClaim]:
    """Open claims whose reference an entry carries, or whose sum it is to the cent."""
    names = named_in((entry.structured, entry.text) for entry in entries)
    return await claims_named(work, names, {entry.amount_minor for entry in entries})


async def claims_named(work: Work, names: Iterable[str], minors: Iterable[int]) -> list[OpenClaim]:
    """Open claims by what payers wrote (`names_of`), or by the sum."""
    named = any_(literal([*{plain_reference(name) for name in names}], ARRAY(String)))
    exact = any_(literal([*{minor for minor in minors if minor > 0}], ARRAY(BigInteger)))
    return await _claims(
        work, _open().where(or_(InterestClaim.reference == named, exact == _TOTAL))
    )


async def claims_of(work: Work, client_id: OrganisationId, currency: str) -> list[OpenClaim]:
    """What a client was asked for as interest and has not paid, the oldest first."""
    wanted = _open().where(InterestClaim.client_id == client_id, InterestClaim.currency == currency)
    return await _claims(work, wanted.limit(CLAIMS_MAX))


async def paid_claims(work: Work, entry_id: BankEntryId) -> list[InterestClaim]:
    """The claims that an entry has paid."""
    rows = await work.session.scalars(
        select(InterestClaim)
        .where(InterestClaim.bank_entry_id == entry_id, InterestClaim.state == "paid")
        .order_by(InterestClaim.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


def _open() -> Select[InterestClaim, str]:
    return (
        select(InterestClaim, Organisation.name)
        .join(Organisation, Organisation.id == InterestClaim.client_id)
        .where(InterestClaim.state == "claimed")
        .order_by(InterestClaim.claimed_on, InterestClaim.id)
        .execution_options(populate_existing=True)
    )


async def _claims(work: Work, wanted: Select[InterestClaim, str]) -> list[OpenClaim]:
    return [
        OpenClaim(
            claim_id=row.id, reference=plain_reference(row.reference), invoice_id=row.invoice_id,
            invoice_number=row.invoice_number, client_id=row.client_id, client_name=name,
            total_minor=row.total_minor, currency=row.currency,
        )
        for row, name in await work.session.execute(wanted)
    ]  # fmt: skip
