"""The database refuses what Python refuses: raw SQL as the app's role, and as the owner.

The app's role lacks the rights, and the triggers hold for the owner too, until she switches them
off, which the fingerprint of the schema shows. One scene with real commits: a payment, a payout
on its way, a log with a checkpoint; every attack runs in a transaction that is rolled back.
"""

from dataclasses import dataclass

import asyncpg
import pytest_asyncio

from guild.core.ids import BankEntryId, InvoiceId
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.translog.commands import append_leaf, sequence_leaves
from guild.treasury import commands, queries
from guild.worker import driver_connection
from tests.camt import Move
from tests.conftest import Clock
from tests.factories import Factories
from tests.features.treasury.conftest import Desk

REFUSALS = {"23503", "23505", "23514", "42501", "55000"}
"""Foreign key, unique, check, no right, not in this state: refusals, not mistakes in the SQL."""

NEW = "'00000000-0000-7000-8000-00000000000a'"
ENTRY = f"""INSERT INTO ledger_entry (id, kind, text, occurred_on, recorded_at, actor)
            VALUES ({NEW}, 'forged', 'x', '2026-11-23', now(), 'x');"""


def posting(code: str, amount: int, position: int, entry: str = NEW) -> str:
    return f"""INSERT INTO ledger_posting
        (entry_id, position, account_id, amount_minor, currency, occurred_on)
        SELECT {entry}, {position}, id, {amount}, 'EUR', '2026-11-23' FROM ledger_account
         WHERE code = '{code}' LIMIT 1;"""


def copy(table: str, **changed: str) -> str:
    """Insert a copy of a row with these columns changed."""
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    return f"""INSERT INTO {table} OVERRIDING SYSTEM VALUE
               SELECT (jsonb_populate_record(t, jsonb_build_object({pairs}))).*
                 FROM {table} t ORDER BY 1 LIMIT 1"""


OLD_ENTRY = "(SELECT id FROM ledger_entry ORDER BY id LIMIT 1)"
ATTACKS = {
    # the books
    "an empty entry": ENTRY,
    "an entry of one line": ENTRY + posting("suspense", 5, 1),
    "an unbalanced entry": ENTRY + posting("suspense", 5, 1) + posting("bank_fees", -4, 2),
    "an entry balanced over two currencies": ENTRY
    + "INSERT INTO ledger_account VALUES (gen_random_uuid(), 'bank_fees', 'expense', NULL, 'SEK');"
    + posting("suspense", 5, 1)
    + f"""INSERT INTO ledger_posting SELECT {NEW}, 2, id, -5, 'SEK', '2026-11-23'
            FROM ledger_account WHERE currency = 'SEK'""",
    "a posting of nothing": ENTRY + posting("suspense", 0, 1) + posting("bank_fees", 0, 2),
    "late postings": posting("suspense", 5, 98, OLD_ENTRY) + posting("rounding", -5, 99, OLD_ENTRY),
    "an account outside the chart": """INSERT INTO ledger_account
        VALUES (gen_random_uuid(), 'slush_fund', 'asset', NULL, 'EUR')""",
    "a second reversal": f"""INSERT INTO ledger_entry
        (id, kind, text, occurred_on, recorded_at, actor, reverses)
        SELECT g, 'reversal', 'x', '2026-11-23', now(), 'x', {OLD_ENTRY}
          FROM (VALUES (gen_random_uuid()), (gen_random_uuid())) AS two(g)""",
    "drawing below zero": ENTRY.replace("forged", "payout_approved")
    + posting("member_available", 10**12, 1)
    + posting("suspense", -(10**12), 2),
    "an entry changed": "UPDATE ledger_entry SET text = 'y'",
    "an entry deleted": "DELETE FROM ledger_entry",
    "a posting changed": "UPDATE ledger_posting SET amount_minor = amount_minor + 1",
    "a posting deleted": "DELETE FROM ledger_posting",
    "an account changed": "UPDATE ledger_account SET owner = NULL",
    "a balance written": "UPDATE ledger_balance SET credit_minor = credit_minor + 1",
    "a balance deleted": "DELETE FROM ledger_balance",
    "a balance made up": copy("ledger_balance", month="'2031-01-01'"),
    "the books emptied": "TRUNCATE ledger_posting",
    # facts and answers
    "a fact changed": "UPDATE event SET kind = 'Nothing'",
    "a fact deleted": "DELETE FROM event",
    "facts emptied": "TRUNCATE event",
    # invoices
    "an issued invoice changed": "UPDATE invoice SET net_minor = net_minor + 1",
    "an issued invoice renumbered": "UPDATE invoice SET number = '2026-9999'",
    "an issued invoice made a draft": "UPDATE invoice SET state = 'draft'",
    "an issued invoice deleted": "DELETE FROM invoice",
    "a line changed": "UPDATE invoice_line SET net_minor = net_minor + 1",
    "a line deleted": "DELETE FROM invoice_line",
    "VAT changed": "UPDATE invoice_vat SET vat_minor = vat_minor + 1",
    "a payment taken back": "UPDATE invoice SET paid_minor = 0",
    "a payment changed": "UPDATE payment SET amount_minor = amount_minor - 1",
    "a payment deleted": "DELETE FROM payment",
    "an invoice born paid": copy("invoice", id=NEW, number="'2026-0777'", sequence="777"),
    "the series turned back": "UPDATE number_series SET next = 1",
    # the bank
    "a bank line twice": copy("bank_entry", id=NEW),
    "a bank line changed": "UPDATE bank_entry SET amount_minor = amount_minor + 1",
    "a bank line deleted": "DELETE FROM bank_entry",
    "a bank line explained again": "UPDATE bank_entry SET state = 'unmatched'",
    "a statement changed": "UPDATE bank_statement SET closing_minor = closing_minor + 1",
    "a statement twice": copy("bank_statement", id=NEW),
    "a statement that does not add up": copy(
        "bank_statement",
        id=NEW,
        file_position="7",
        bank_reference="'X'",
        entries="9",
        previous_id="(SELECT max(id::text) FROM bank_statement)",
        closing_minor="1",
    ),
    "a match changed": "UPDATE bank_match SET amount_minor = amount_minor + 1",
    # payouts
    "a payout approved by its payee": """INSERT INTO payout_approval
        SELECT id, member_id, now() FROM payout WHERE state = 'requested'""",
    "a payout approved by its requester": """INSERT INTO payout_approval
        SELECT id, requested_by, now() FROM payout WHERE state = 'requested'""",
    "a payout approved twice by one": """INSERT INTO payout_approval
        SELECT p.id, m.member_id, now() FROM payout p, (SELECT member_id FROM member_role
         WHERE role = 'treasurer' LIMIT 1) m, generate_series(1, 2) WHERE p.state = 'requested'""",
    "a payout approved by nobody": "UPDATE payout SET state = 'approved' WHERE state = 'requested'",
    "requested to settled": "UPDATE payout SET state = 'settled' WHERE state = 'requested'",
    "approved to settled": "UPDATE payout SET state = 'settled' WHERE state = 'approved'",
    "approved to requested": "UPDATE payout SET state = 'requested' WHERE state = 'approved'",
    "approved to returned": "UPDATE payout SET state = 'returned' WHERE state = 'approved'",
    "another amount": "UPDATE payout SET amount_minor = amount_minor + 1",
    "another payee": "UPDATE payout SET payee_account_id = gen_random_uuid()",
    "fewer approvals": "UPDATE payout SET approvals_needed = 1",
    "an approval deleted": "DELETE FROM payout_approval",
    "a payout deleted": "DELETE FROM payout",
    "a payout born approved": copy("payout", id=NEW, serial="900", state="'approved'"),
    # members' accounts
    "a second approved account": copy(
        "bank_account",
        id=NEW,
        state="'requested'",
        decided_by="NULL::uuid",
        decided_at="NULL::timestamptz",
        usable_from="NULL::timestamptz",
    )
    + f"""; UPDATE bank_account SET state = 'approved', decided_at = now(), usable_from = now(),
        decided_by = (SELECT member_id FROM member_role WHERE role = 'treasurer' LIMIT 1)
        WHERE id = {NEW}""",
    "an account born approved": copy("bank_account", id=NEW),
    "another number in an account": "UPDATE bank_account SET iban_last4 = '0000'",
    "a cooling-off shortened": "UPDATE bank_account SET usable_from = usable_from - time '01:00'",
    "an account approved by its owner": copy(
        "bank_account",
        id=NEW,
        state="'requested'",
        decided_by="NULL::uuid",
        decided_at="NULL::timestamptz",
        usable_from="NULL::timestamptz",
    )
    + f"""; UPDATE bank_account SET state = 'approved', decided_at = now(), usable_from = now(),
        decided_by = member_id WHERE id = {NEW}""",
    # offices
    "an office without a request": """INSERT INTO member_role
        SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(),
               'role', 'auditor', 'founding', false))).* FROM member_role r LIMIT 1""",
    # the log
    "a leaf changed": "UPDATE translog_leaf SET leaf = '{}'",
    "a leaf deleted": "DELETE FROM translog_leaf",
    "a place changed": "UPDATE translog_place SET idx = idx + 1",
    "a gap in the log": "INSERT INTO translog_place SELECT 5000, id FROM translog_leaf LIMIT 1",
    "a leaf out of the queue unplaced": "DELETE FROM translog_pending",
    "a checkpoint changed": "UPDATE translog_checkpoint SET note = 'x'",
    "a checkpoint deleted": "DELETE FROM translog_checkpoint",
    "a node changed": "UPDATE translog_node SET hash = sha256('x')",
    # contracts, charter, documents
    "a signed contract changed": "UPDATE contract SET net_minor = net_minor + 1",
    "evidence changed": "UPDATE contract_evidence SET body = '{}'",
    "evidence deleted": "DELETE FROM contract_evidence",
    "the charter changed": "UPDATE charter_version SET valid_from = '2020-01-01'",
    "the charter deleted": "DELETE FROM charter_version",
}


@dataclass
class Prompt:
    """An SQL prompt of one role."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    async def attempt(self, attack: str) -> str:
        """Run it and roll back; the SQLSTATE of the refusal, or empty when it went through."""
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            await self.connection.execute(attack)
            await self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except asyncpg.PostgresError as refused:
            return refused.sqlstate or "?"
        finally:
            await transaction.rollback()
        return ""


@pytest_asyncio.fixture
async def scene(committing: System, clock: Clock) -> System:
    """A payment confirmed, a payout approved and one requested, a leaf that waits for its place."""
    desk = await Desk(committing, Factories(committing)).open()
    member, _ = await desk.payee(100_000)
    issued = await desk.invoice("1000.00", "Proef & Zoon bv", member)
    paid = Move(cents=121_000, reference="R1", name="Proef & Zoon", text=issued.number)
    await desk.bring_in(desk.statement(paid))
    async with begin_work(committing, desk.treasurer()) as work:
        (entry,) = (await queries.entries(work, state="open")).items
        await commands.confirm_match(work, BankEntryId(entry.id), InvoiceId(issued.id))
    clock.advance(hours=73)
    await desk.approve(await desk.ask(member, "10.00"))
    await desk.ask(member, "20.00")
    for kind in ("placed", "waiting"):
        async with begin_work(committing, SYSTEM) as work:
            append_leaf(work, kind, {"n": 1})
            if kind == "placed":
                await sequence_leaves(work)
    return committing


async def test_the_database_refuses_app_and_owner(scene: System) -> None:
    for url in (scene.settings.database_url, scene.settings.owner_url):
        connection = await driver_connection(url)
        try:
            prompt = Prompt(connection)
            told = {name: await prompt.attempt(attack) for name, attack in ATTACKS.items()}
        finally:
            await connection.close()
        assert {name: state for name, state in told.items() if state not in REFUSALS} == {}


async def test_rights_end_where_the_roles_do(scene: System) -> None:
    """No right at all, rather than a trigger that says no."""
    await the_app_may_not_touch_what_only_triggers_write(scene)
    await the_auditor_reads_and_changes_nothing(scene)


async def the_app_may_not_touch_what_only_triggers_write(scene: System) -> None:
    connection = await driver_connection(scene.settings.database_url)
    try:
        prompt = Prompt(connection)
        for attack in (
            "UPDATE ledger_balance SET credit_minor = 0",
            copy("ledger_balance", month="'2031-01-01'"),
            "DELETE FROM ledger_balance",
            "ALTER TABLE ledger_posting DISABLE TRIGGER ALL",
            "DROP TRIGGER ledger_posting_kept ON ledger_posting",
            """CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql
               AS $$ BEGIN RETURN NULL; END $$""",
            "SET session_replication_role = replica",
            "TRUNCATE invoice CASCADE",
            "UPDATE event SET kind = 'x'",
            "UPDATE idempotency SET answer = '{}'",
        ):
            assert await prompt.attempt(attack) == "42501", attack
    finally:
        await connection.close()


async def the_auditor_reads_and_changes_nothing(scene: System) -> None:
    url = scene.settings.database_url.replace("guild_app", "guild_auditor")
    connection = await driver_connection(url)
    try:
        prompt = Prompt(connection)
        assert await connection.fetchval("SELECT count(*) FROM ledger_entry") > 0
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        for (table,) in tables:
            for attack in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):
                assert await prompt.attempt(attack) == "42501", attack
        for secret in ("credential", "session", "api_key", "access_link"):
            assert await prompt.attempt(f"SELECT * FROM {secret}") == "42501", secret
    finally:
        await connection.close()
