"""Under which names a client's person stands in the books: each member keeps clients of her own."""

from msgspec import Struct
from sqlalchemy import select

from guild.core.errors import Unauthenticated
from guild.core.ids import ContactId, MemberId, OrganisationId
from guild.core.work import Work
from guild.members.access import CLIENT_LINK
from guild.members.models import Contact, Member, Organisation


class KnownAs(Struct, frozen=True, kw_only=True):
    """One entry of the person, at one client of one member."""

    contact_id: ContactId
    contact_name: str
    language: str
    client_id: OrganisationId
    client_name: str
    member_id: MemberId
    member_name: str


async def known_as(work: Work) -> list[KnownAs]:
    """For whom the actor's link speaks: its contact, or, with the link to all, all of its address.

    Raises Unauthenticated for anybody without a link.
    """
    held = work.actor.link
    if held is None:
        raise Unauthenticated(mend="Open the link from the mail.")
    own = await work.session.get_one(Contact, held.contact_id)
    which = Contact.email == own.email if held.purpose == CLIENT_LINK else Contact.id == own.id
    rows = await work.session.execute(
        select(Contact, Organisation, Member.display_name)
        .join(Organisation, Organisation.id == Contact.organisation_id)
        .join(Member, Member.id == Organisation.created_by)
        .where(which)
        .order_by(Contact.id != own.id, Contact.id)
    )
    return [
        KnownAs(
            contact_id=contact.id, contact_name=contact.name, language=contact.language,
            client_id=client.id, client_name=client.name, member_id=client.created_by,
            member_name=member,
        )
        for contact, client, member in rows
    ]  # fmt: skip
