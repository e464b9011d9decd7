"""The database itself keeps evidence, offers, signed contracts and milestones as they are."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.conftest import As
from tests.factories import Factories

FORBIDDEN = [
    "UPDATE contract_evidence SET body = '{}'",
    "UPDATE contract_evidence SET at = now() WHERE seq = 1",
    "DELETE FROM contract_evidence",
    "DELETE FROM contract_evidence WHERE seq = 1",
    "TRUNCATE contract_evidence",
    "UPDATE contract_offer SET shown_html = 'x'",
    "UPDATE contract_offer SET terms_json = '{}'",
    "UPDATE contract_offer SET version = 7",
    "UPDATE contract_offer SET email = 'other@example.org'",
    "UPDATE contract_offer SET answer = 'declined'",
    "UPDATE contract_offer SET answered_at = NULL, answer = NULL",
    "DELETE FROM contract_offer",
    "UPDATE contract SET net_minor = 1",
    "UPDATE contract SET terms = '{}'",
    "UPDATE contract SET signed_at = now()",
    "UPDATE contract SET state = 'draft'",
    "UPDATE contract SET state = 'nonsense'",
    "UPDATE contract SET member_id = (SELECT id FROM member LIMIT 1), title = 'x', net_minor = 2",
    "UPDATE contract SET retain_until = retain_until - 1",
    "DELETE FROM contract",
    "UPDATE milestone SET net_minor = 1",
    "UPDATE milestone SET state = 'accepted'",
    "DELETE FROM milestone",
    # An entry that does not follow, skips a number, or lies about its own hash.
    """INSERT INTO contract_evidence SELECT contract_id, 99, version, kind, at, body, body_sha256,
       body_sha256 FROM contract_evidence ORDER BY seq DESC LIMIT 1""",
    """INSERT INTO contract_evidence SELECT contract_id, seq + 1, version, kind, at, body,
       body_sha256, repeat('0', 64) FROM contract_evidence ORDER BY seq DESC LIMIT 1""",
    """INSERT INTO contract_evidence SELECT contract_id, seq + 1, version, kind, at, 'forged',
       body_sha256, body_sha256 FROM contract_evidence ORDER BY seq DESC LIMIT 1""",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_raw_sql_is_refused(make, as_: As, statement: str) -> None:
    await make.signed_contract()
    with pytest.raises(DBAPIError):
        async with as_() as work:
            await work.session.execute(text(statement))


async def test_a_draft_may_be_deleted_by_nobody_who_needs_its_evidence(make, as_: As) -> None:
    await make.contract()
    with pytest.raises(DBAPIError):
        async with as_() as work:
            await work.session.execute(text("DELETE FROM contract"))


async def test_evidence_stays_even_for_the_owner_of_the_tables(make, embedded, committing) -> None:
    await Factories(committing).sent_contract()
    engine = create_async_engine(committing.settings.owner_url)
    try:
        for statement in FORBIDDEN[:5]:
            with pytest.raises(DBAPIError):
                async with engine.begin() as connection:
                    await connection.execute(text(statement))
    finally:
        await engine.dispose()
