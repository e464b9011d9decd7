"""What a client says about its own payment profile."""

from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import InvoiceId, OrganisationId
from guild.core.work import Work
from guild.receivables.models import ProfileReply
from guild.receivables.queries.standing import visible_standing
from guild.receivables.schemas import ProfileReplyIn


async def reply_to_profile(
    work: Work, invoice_id: InvoiceId, data: ProfileReplyIn
) -> OrganisationId:
    """The client of a link replies to its figures, or contests them; the newest reply stands.

    Contested figures stay, with the reply beside them, until a treasurer has checked them.
    """
    one = await visible_standing(work, invoice_id)
    assert work.actor.link is not None, "only a client's link comes here"
    said = {
        "contested": data.contested,
        "text": data.text.strip()[:2000],
        "said_at": work.now,
        "link_id": work.actor.link.link_id,
    }
    await work.session.execute(
        insert(ProfileReply)
        .values(client_key=one.client_key, **said)
        .on_conflict_do_update(index_elements=["client_key"], set_=said)
    )
    return one.client_id
