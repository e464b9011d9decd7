"""The operator's page: what failed for good is seen and tried again."""

from datetime import timedelta
from typing import Any

from guild.core.ids import OutboxId, new_id
from guild.core.outbox import OutboxRow
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from tests.factories import Factories


async def test_an_operator_sees_what_failed_and_tries_it_again(
    system: System, make: Factories, signed_in: Any
) -> None:
    browser = await signed_in(await make.member(roles=[Role.OPERATOR]))
    assert "No job has failed for good" in (await browser.get("/operations")).text
    ids = [OutboxId(new_id()), OutboxId(new_id())]
    errors = ["ConnectionError: secret words of a person", "UnknownOutcome: the call"]
    async with begin_work(system, SYSTEM) as work:
        for row_id, error in zip(ids, errors, strict=True):
            work.session.add(
                OutboxRow(
                    id=row_id, job="exports.make_part", ids={}, asked_at=work.now,
                    due_at=work.now, attempts=8, failures=8, last_error=error,
                    dead_at=work.now + timedelta(minutes=1),
                )
            )  # fmt: skip
    shown = await browser.get("/operations")
    assert "2 jobs failed for good" in shown.text
    assert "Make one part, and ask for the next if there is one" in shown.text
    assert "secret words" not in shown.text
    assert "Outcome unknown" in shown.text
    plain, unknown = (f"/operations/dead-jobs/{one}/replay" for one in ids)
    assert (await browser.post(plain)).headers["location"] == "/operations"
    assert (await browser.post(unknown)).status_code == 422
    assert "1 job failed for good" in (await browser.get("/operations")).text
    assert (await browser.post(unknown, data={"sure": "yes"})).status_code == 303
    assert (await browser.post(unknown, data={"sure": "yes"})).status_code == 409
    member = await signed_in(await make.member())
    assert (await member.post(plain)).status_code == 403
