"""Ageing stays one statement on an index however many invoices were ever issued."""

import os
import time

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from guild.core.work import System
from guild.receivables import queries
from tests.factories import Factories
from tests.features.receivables.scene import Scene

COUNT = int(os.environ.get("GUILD_AGEING_INVOICES", "20000"))
LIMIT_S = 5.0


@pytest.mark.timeout(600)
async def test_ageing_of_many(committing: System) -> None:
    """20,000 in a usual run; GUILD_AGEING_INVOICES=1000000 for the figure of the bench."""
    scene = await Scene(committing, Factories(committing)).open()
    owner = create_async_engine(committing.settings.owner_url)
    async with owner.begin() as connection:
        await connection.execute(text("SET session_replication_role = replica"))
        names = (
            await connection.execute(
                text(
                    "SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute"
                    " WHERE attrelid = 'invoice'::regclass AND attnum > 0 AND NOT attisdropped"
                )
            )
        ).scalar_one()
        changed = {
            "id": "gen_random_uuid()", "reference": "'M' || n", "number": "'M-' || n",
            "sequence": "1000000 + n", "due_on": "date '2024-01-01' + n % 1200",
            "client_id": "('00000000-0000-7000-8000-' || lpad((n % 3000)::text, 12, '0'))::uuid",
            "state": "CASE WHEN n % 10 < 3 THEN 'issued' ELSE 'paid' END",
            "paid_minor": "CASE WHEN n % 10 < 3 THEN 0 ELSE total_minor END",
        }  # fmt: skip
        columns = ",".join(changed.get(name, name) for name in names.split(","))
        await connection.execute(
            text(
                "INSERT INTO organisation (id, name, kind, country, vat_number, "
                "enterprise_number, street, postcode, city, email, language, created_by, "
                "created_at, row_version) SELECT ('00000000-0000-7000-8000-' || "
                "lpad(n::text, 12, '0'))::uuid, 'Client ' || n, kind, country, 'BE' || n, NULL, "
                "street, postcode, city, email, language, created_by, created_at, row_version "
                "FROM organisation, generate_series(0, 2999) AS n WHERE id = :id"
            ),
            {"id": scene.client.id},
        )
        await connection.execute(
            text(
                f"INSERT INTO invoice ({names}) SELECT {columns} FROM invoice "
                "CROSS JOIN generate_series(1, :count) AS n WHERE id = :id"
            ),
            {"count": COUNT, "id": scene.invoice_id},
        )
    async with owner.connect() as connection:
        raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await raw.execute(text("VACUUM ANALYZE invoice"))
    await owner.dispose()
    async with scene.by(scene.treasurer, read_only=True) as work:
        began = time.perf_counter()
        shown = await queries.ageing(work)
        took = time.perf_counter() - began
    assert shown.totals[0].invoices >= COUNT * 3 // 10
    assert len(shown.rows) == 50
    assert took < LIMIT_S, f"ageing of {COUNT} invoices took {took:.3f} s"
