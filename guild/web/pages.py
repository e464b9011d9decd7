"""Pages that belong to no single feature: start, public log, and mails of a local server."""

from litestar import Response
from sqlalchemy import func, select

from guild.core.errors import NotFound
from guild.core.mail import Mail, read_letter
from guild.core.money import Money
from guild.core.pages import environment, page
from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.members.models import Member
from guild.translog.errors import NoCheckpointYet
from guild.translog.models import LogCheckpoint
from guild.translog.queries import latest_checkpoint, log_key
from guild.web.navigation import menu, offered

MAILS_SHOWN = 100
POTS = (
    ("fund_guarantee", "Payment guarantee"),
    ("fund_sickness", "Illness and parental leave"),
    ("fund_solidarity", "Hard times"),
    ("fund_operations", "Running the house"),
)

environment().globals["menu"] = menu


class OutboxClosed(NotFound):
    """Mails leave by SMTP here; nobody reads them in a browser."""

    code = "not_found"
    title = "There is nothing here"


async def _pots(work: Work) -> list[tuple[str, Money]]:
    """What each pot holds, in the cooperative's currency."""
    accounts = [Account(code) for code, _ in POTS]
    held = await balances_of(work, accounts, work.settings.coop.currency)
    return [(name, money) for (_, name), money in zip(POTS, held, strict=True)]


async def _newest_checkpoint(work: Work) -> LogCheckpoint | None:
    try:
        return await latest_checkpoint(work)
    except NoCheckpointYet:
        return None


@get("/", permission=Permission.PUBLIC, include_in_schema=False)
async def home_page(work: Work) -> Response[str]:
    """For strangers what the house is, with figures; for members where their work is."""
    if work.actor.kind == "member":
        return page(work, "web/desk.html", offered=offered(work.actor))
    pots = await _pots(work)
    members = await work.session.scalar(
        select(func.count()).select_from(Member).where(Member.state.in_(("member", "on_leave")))
    )
    return page(
        work,
        "web/home.html",
        members=members,
        held=Money(sum(money.minor for _, money in pots), work.settings.coop.currency),
        checkpoint=await _newest_checkpoint(work),
    )


@get("/log", permission=Permission.PUBLIC, include_in_schema=False)
async def log_page(work: Work) -> Response[str]:
    """The signed state of the transparency log, what the pots hold, and how to check both."""
    pots = await _pots(work)
    return page(
        work,
        "web/log.html",
        section="/log",
        checkpoint=await _newest_checkpoint(work),
        key=log_key(work),
        pots=pots,
        held=Money(sum(money.minor for _, money in pots), work.settings.coop.currency),
    )


@get("/outbox", permission=Permission.PUBLIC, include_in_schema=False)
async def outbox_page(work: Work) -> Response[str]:
    """Mails of a local installation, newest first; does not exist where mails are really sent."""
    if not work.settings.local_mail:
        raise OutboxClosed
    rows = await work.session.scalars(select(Mail).order_by(Mail.id.desc()).limit(MAILS_SHOWN))
    letters = [(mail.written_at, read_letter(work, mail)) for mail in rows]
    return page(work, "web/outbox.html", letters=letters)


PAGES = [home_page, log_page, outbox_page]
