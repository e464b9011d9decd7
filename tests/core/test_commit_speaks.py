"""A deferred constraint that fails at COMMIT is an IntegrityError of the Work, and nothing stays.

`Work.finish` leaves the question to COMMIT where there is a real one; this is what that rests on.
"""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from guild.core.ids import new_id
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.ledger.commands import ENTRIES


async def test_an_entry_without_postings_is_refused_by_the_commit(committing: System) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        async with begin_work(committing, SYSTEM) as work:
            work.append(
                ENTRIES,
                id=new_id(),
                kind="broken",
                text="No postings",
                occurred_on=date(2026, 11, 23),
                recorded_at=work.now,
                subject_id=None,
                reverses=None,
                actor="system",
            )
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        assert await work.session.scalar(text("SELECT count(*) FROM ledger_entry")) == 0
