"""What a member's documents say of her: her numbers, her scheme of VAT, her address."""

from typing import Any, Final

import msgspec
from msgspec import UNSET

from guild.core.ids import new_id
from guild.core.mail import send_mail
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.members.commands.numbers import ask_for_numbers
from guild.members.events import MemberDetailsChanged
from guild.members.models import Member, MemberDetailChange
from guild.members.queries.firms import NUMBERS
from guild.members.rules.numbers import firm_numbers
from guild.members.schemas.people import DetailsIn

WORDS: Final = {
    "vat_exempt": "Small-business scheme", "street": "Street", "postcode": "Postcode",
    "city": "Town",
}  # fmt: skip
"""What changes at once; numbers wait for a second person."""


async def change_details(work: Work, change: DetailsIn) -> Member:
    """Change what is given of one's own details and keep what they were, with the day.

    What is issued from now on says the new ones; what was issued stays as it was. Other numbers
    are only asked for: somebody else decides about them. She is told by mail, so that a change by
    somebody else at her screen is noticed.
    Raises VatNumberInvalid, EnterpriseNumberInvalid, TextUnprintable.
    """
    work.require(Permission.SELF)
    member = await work.session.get_one(Member, work.actor.member_id, with_for_update=True)
    wanted = _wanted(member, change)
    if any(getattr(change, name) is not UNSET for name in NUMBERS):
        await ask_for_numbers(work, member, wanted)
    changed = {name: wanted[name] for name in WORDS if wanted[name] != getattr(member, name)}
    if not changed:
        return member
    for name, value in changed.items():
        work.session.add(
            MemberDetailChange(
                id=new_id(),
                member_id=member.id,
                field=name,
                before=_text(getattr(member, name)),
                after=_text(value),
                changed_by=member.id,
                changed_at=work.now,
            )
        )
        setattr(member, name, value)
    await work.session.flush()
    _tell(work, member, changed)
    await work.emit(MemberDetailsChanged(member_id=member.id))
    return member


def _wanted(member: Member, change: DetailsIn) -> dict[str, Any]:
    """Everything as it shall be, both numbers checked against each other and the country."""
    given = {
        name: (value.strip() or None) if isinstance(value, str) else value
        for name, value in msgspec.structs.asdict(change).items()
        if value is not UNSET
    }
    refuse_unprintable({name: value for name, value in given.items() if isinstance(value, str)})
    wanted = {name: given.get(name, getattr(member, name)) for name in (*WORDS, *NUMBERS)}
    if given.get("vat_number") and "enterprise_number" not in given and member.country == "BE":
        wanted["enterprise_number"] = None  # in Belgium it follows from the VAT number
    wanted["vat_number"], wanted["enterprise_number"] = firm_numbers(
        member.country, wanted["vat_number"], wanted["enterprise_number"]
    )
    return wanted


def _text(value: Any) -> str:
    """As the history keeps it: an empty text for nothing, `true` and `false` for a tick."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


def _tell(work: Work, member: Member, changed: dict[str, Any]) -> None:
    lines = []
    for name, value in changed.items():
        said = ("yes" if value else "no") if isinstance(value, bool) else value or "none"
        lines.append(f"{WORDS[name]}: {said}")
    send_mail(
        work,
        to=member.email,
        subject="Your details were changed",
        text="Your documents say from now on:\n\n" + "\n".join(lines) + "\n\nIf it was not you "
        "who changed them, write to the office at once.",
        reason=f"You get this because of your membership of {work.settings.coop.name}.",
        lang=member.language,
    )
