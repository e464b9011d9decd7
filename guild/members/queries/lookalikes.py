"""Clients that a member may be about to enter a second time."""

from typing import Final

from sqlalchemy import select

from guild.core.work import Work
from guild.members.access import organisations_visible_to
from guild.members.models import Organisation
from guild.members.rules.names import alike
from guild.members.schemas.clients import LookalikeOut

LOOKED_AT_MAX: Final = 5_000
SHOWN_MAX: Final = 10


async def lookalikes(work: Work, *, name: str, vat_number: str, country: str) -> list[LookalikeOut]:
    """One's own clients with that VAT number, or with a name that is the same but for its form.

    The same number comes first; a name counts in any country, and its country is told.
    """
    bare = "".join(sign for sign in vat_number.upper() if sign.isalnum())
    rows = await work.session.execute(
        select(Organisation.id, Organisation.name, Organisation.country, Organisation.vat_number)
        .where(organisations_visible_to(work.actor))
        .order_by(Organisation.id.desc())
        .limit(LOOKED_AT_MAX)
    )
    found = [
        LookalikeOut(
            id=row.id,
            name=row.name,
            country=row.country,
            vat_number=row.vat_number,
            same_vat_number=bool(bare) and row.vat_number in {bare, f"{country}{bare}"},
        )
        for row in rows
    ]
    close = [one for one in found if one.same_vat_number or alike(one.name, name)]
    return sorted(close, key=lambda one: not one.same_vat_number)[:SHOWN_MAX]
