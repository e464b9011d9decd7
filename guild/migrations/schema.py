"""The schema as the models and guards describe it today, and the fingerprint of a real one.

A revision's SQL is written from `statements()`; a test holds the migrated database against it. The
fingerprint covers what Alembic cannot see: triggers and whether they are enabled, function bodies,
constraints, indexes and grants. It is compared in CI, at start and hourly.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, CreateTable

from guild.core.db import Base
from guild.core.embedded import APP_ROLE, AUDITOR_ROLE

GUILD: Final = Path(__file__).parent.parent
PACKAGES: Final = (
    "core", "ledger", "translog", "documents", "members", "governance", "contracts", "invoicing",
    "receivables",
    "treasury", "mutual_fund", "reputation", "compliance",
)  # fmt: skip
"""Lowest layer first: guards may lean on tables below them."""

ROLES_SQL: Final = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
        CREATE ROLE {APP_ROLE} LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{AUDITOR_ROLE}') THEN
        CREATE ROLE {AUDITOR_ROLE} LOGIN;
    END IF;
END $$"""

GRANTS_SQL: Final = f"""
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {APP_ROLE}, {AUDITOR_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {AUDITOR_ROLE};
REVOKE UPDATE, DELETE ON event FROM {APP_ROLE};
REVOKE UPDATE ON idempotency FROM {APP_ROLE};
"""


def statements() -> Iterator[str]:
    """All DDL, in an order that runs on an empty database. The models must be imported."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in Base.metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect)).strip()
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=dialect)).strip()
    yield GRANTS_SQL.strip()
    for package in PACKAGES:
        guards = GUILD / package / "guards.sql"
        if guards.exists():
            yield guards.read_text(encoding="utf-8").strip()


async def write_schema(connection: AsyncConnection) -> None:
    """Run `statements()` on an empty database, roles first."""
    pooled = await connection.get_raw_connection()
    driver = pooled.driver_connection
    assert driver is not None
    for script in (ROLES_SQL, *statements()):
        await driver.execute(script)


CATALOGUE: Final = {
    "table": """
        SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || ' '
               || a.attnotnull::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
           AND a.attnum > 0 AND NOT a.attisdropped""",
    "trigger": """
        SELECT c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace""",
    "function": """
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid)
          FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace""",
    "constraint": """
        SELECT c.relname || '.' || k.conname, pg_get_constraintdef(k.oid) || ' '
               || k.convalidated::text
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         WHERE c.relnamespace = 'public'::regnamespace AND k.contype <> 'n'""",
    "index": "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "grant": """
        SELECT c.relname || '.' || r.rolname,
               string_agg(a.privilege_type, ',' ORDER BY a.privilege_type)
          FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
          JOIN pg_roles r ON r.oid = a.grantee
         WHERE c.relnamespace = 'public'::regnamespace AND r.rolname LIKE 'guild%'
         GROUP BY c.relname, r.rolname""",
    "column grant": """
        SELECT c.relname || '.' || t.attname || '.' || r.rolname,
               string_agg(a.privilege_type, ',' ORDER BY a.privilege_type)
          FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
         CROSS JOIN LATERAL aclexplode(t.attacl) a JOIN pg_roles r ON r.oid = a.grantee
         WHERE c.relnamespace = 'public'::regnamespace AND r.rolname LIKE 'guild%'
         GROUP BY c.relname, t.attname, r.rolname""",
}


async def fingerprint(connection: AsyncConnection) -> dict[str, str]:
    """A short hash per object of the schema, by `kind name`; Alembic's own table is left out."""
    found: dict[str, str] = {}
    for kind, query in CATALOGUE.items():
        for name, definition in await connection.execute(text(query)):
            if not name.startswith("alembic_version"):
                digest = hashlib.sha256(" ".join(definition.split()).encode()).hexdigest()
                found[f"{kind} {name}"] = digest[:16]
    return dict(sorted(found.items()))


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """What is missing, changed or unexpected, one line each."""
    lines = [f"missing: {name}" for name in expected if name not in found]
    lines += [f"unexpected: {name}" for name in found if name not in expected]
    lines += [
        f"changed: {name}"
        for name, digest in expected.items()
        if name in found and found[name] != digest
    ]
    return sorted(lines)
