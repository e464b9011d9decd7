"""What happens by itself: nobody waits for ever for a second rep."""

from sqlalchemy import select

from guild.compliance.commands import draw_second
from guild.compliance.errors import NoSecondRep
from guild.compliance.models import Review
from guild.core.jobs import scheduled
from guild.core.work import Work

BATCH = 50


@scheduled("compliance.draw_again", every_minutes=60)
async def draw_again(work: Work) -> None:
    """Where the drawn rep has not answered in time, draw another one; if there is none, wait on."""
    late = await work.session.scalars(
        select(Review)
        .where(Review.state == "proposed", Review.seconder_due_on < work.today)
        .order_by(Review.seconder_due_on)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    for review in late.all():
        try:
            await draw_second(work, review)
        except NoSecondRep:
            continue
