"""A client's payment profile: it is told before anybody sees it, replies, and may contest it."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import InvoiceId, OrganisationId
from guild.core.pages import long_date
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.members.models import Organisation
from guild.members.queries.firms import owns_client
from guild.members.rules.clients import client_key
from guild.receivables import access
from guild.receivables.commands.letters import lang_of, mail_client, words_of
from guild.receivables.errors import NotContested, OwnCase
from guild.receivables.models import ProfileNotice, ProfileReply
from guild.receivables.queries.account import visible_client
from guild.receivables.queries.profile import figures_of
from guild.receivables.queries.standing import standing, visible_standing
from guild.receivables.schemas import ProfileReplyIn, ProfileSettleIn

NOTICE_DAYS: Final = 14


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
        "outcome": "",
        "settled_reason": "",
        "settled_by": None,
        "settled_at": None,
    }
    await work.session.execute(
        insert(ProfileReply)
        .values(client_key=one.client_key, **said)
        .on_conflict_do_update(index_elements=["client_key"], set_=said)
    )
    return one.client_id


async def settle_profile(work: Work, client_id: OrganisationId, data: ProfileSettleIn) -> None:
    """A treasurer has looked at contested figures: reckoned anew from the invoices, or confirmed.

    Figures are always reckoned from the invoices as they stand, so `recomputed` says that what was
    wrong in the books is mended. A treasurer whose own client or own firm it is leaves it to
    another. Raises OrganisationNotFound, NotContested and OwnCase.
    """
    client = await visible_client(work, client_id)
    work.require(access.is_treasurer(work.actor), "A treasurer settles this.")
    me = work.actor.member_id
    if me == client.created_by or await owns_client(work, me, client_id):
        raise OwnCase
    row = await work.session.get(ProfileReply, client_key(client), with_for_update=True)
    if row is None or not row.contested:
        raise NotContested
    row.contested, row.outcome, row.settled_reason = False, data.outcome, data.reason
    row.settled_by, row.settled_at = work.actor.member_id, work.now
    await work.session.flush()
    invoice_id = await _newest_invoice(work, client_id)
    if invoice_id is not None:
        one = await standing(work, invoice_id)
        words = words_of(lang_of(one))["profile_settled"]
        said = [words[data.outcome]]
        await mail_client(work, one, words["subject"], said, note=data.reason)


async def tell_of_profile(work: Work, client_id: OrganisationId) -> None:
    """Tell a client once that its figures will be shown, fourteen days before they are.

    Right of access and reply before publication (Regulation (EU) 2016/679, articles 14 and 16).
    Safe to run again, and for every member's entry of the client.
    """
    client = await work.session.get_one(Organisation, client_id)
    shown = await figures_of(work, client)
    if not shown.enough or shown.shown_from is not None:
        return
    day = work.today + timedelta(days=NOTICE_DAYS)
    made = await work.session.execute(
        insert(ProfileNotice)
        .values(
            client_key=client_key(client), client_id=client_id, told_at=work.now, shown_from=day
        )
        .on_conflict_do_nothing()
        .returning(ProfileNotice.client_key)
    )
    invoice_id = await _newest_invoice(work, client_id)
    if made.first() is None or invoice_id is None:
        return
    one = await standing(work, invoice_id)
    lang = lang_of(one)
    words = words_of(lang)["profile"]
    await mail_client(
        work, one, words["subject"], [words["text"]], shown=long_date(day, lang),
        median=shown.median_days, ninetieth=shown.ninetieth_days, percent=shown.on_time_percent,
    )  # fmt: skip


async def _newest_invoice(work: Work, client_id: OrganisationId) -> InvoiceId | None:
    """Through whose link the client is reached."""
    return await work.session.scalar(
        select(Invoice.id)
        .where(Invoice.client_id == client_id, Invoice.kind == "invoice", Invoice.state != "draft")
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(1)
    )
