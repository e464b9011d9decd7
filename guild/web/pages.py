"""Pages that belong to no single feature: start, public log, and mails of a local server."""

from litestar import Response
from sqlalchemy import func, select

from guild.core.errors import NotFound
from guild.core.mail import Mail, read_letter
from guild.core.pages import environment, page
from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.members.models import Member
from guild.mutual_fund.queries import public_totals
from guild.translog.errors import NoCheckpointYet
from guild.translog.models import LogCheckpoint
from guild.translog.queries import latest_checkpoint, log_key
from guild.web import books, operations, trust, verify
from guild.web.navigation import menu, offered
from guild.web.waiting import waiting

MAILS_SHOWN = 100
environment().globals["menu"] = menu


class OutboxClosed(NotFound):
    """Mails leave by SMTP here; nobody reads them in a browser."""

    code = "not_found"
    title = "There is nothing here"


async def _newest_checkpoint(work: Work) -> LogCheckpoint | None:
    try:
        return await latest_checkpoint(work)
    except NoCheckpointYet:
        return None


@get("/", permission=Permission.PUBLIC, include_in_schema=False)
async def home_page(work: Work) -> Response[str]:
    """For strangers what the house is, in rounded figures; for members where their work is."""
    if work.actor.kind == "member":
        return await _desk(work)
    members = await work.session.scalar(
        select(func.count()).select_from(Member).where(Member.state.in_(("member", "on_leave")))
    )
    return page(
        work,
        "web/home.html",
        members=members,
        fund=await public_totals(work),
        checkpoint=await _newest_checkpoint(work),
    )


async def _desk(work: Work) -> Response[str]:
    """What is coming to a member, and what waits for her, the most urgent first."""
    actor = work.actor
    owner = actor.member_id
    accounts = [Account("member_pending", owner), Account("member_available", owner)]
    pending, available = await balances_of(work, accounts, work.settings.coop.currency)
    return page(
        work,
        "web/desk.html",
        offered=offered(actor),
        pending=pending,
        available=available,
        tasks=await waiting(work),
    )


@get("/log", permission=Permission.PUBLIC, include_in_schema=False)
async def log_page(work: Work) -> Response[str]:
    """The signed state of the transparency log, what the fund holds, and how to check both."""
    return page(
        work,
        "web/log.html",
        section="/log",
        checkpoint=await _newest_checkpoint(work),
        key=log_key(work),
        fund=await public_totals(work),
    )


@get("/outbox", permission=Permission.PUBLIC, include_in_schema=False)
async def outbox_page(work: Work) -> Response[str]:
    """Mails of a local installation, newest first; does not exist where mails are really sent."""
    if not work.settings.local_mail:
        raise OutboxClosed
    rows = await work.session.scalars(select(Mail).order_by(Mail.id.desc()).limit(MAILS_SHOWN))
    letters = [(mail.written_at, read_letter(work, mail)) for mail in rows]
    return page(work, "web/outbox.html", letters=letters)


PAGES = [
    home_page, log_page, outbox_page, *verify.PAGES, *trust.PAGES, *books.PAGES,
    *operations.PAGES,
]  # fmt: skip
