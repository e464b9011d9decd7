"""Row 9: what grows with the books: the same questions of a handful of invoices and of a million.

The mass is written by SQL with triggers off, and its balances with it: a million issued invoices
and their entries of three postings, five million rows, which takes most of a minute. One heavy
member of a hundred has every second of them, over ten years.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from bench.house import House, Person
from bench.measure import Row, alternate, servers
from guild.core.embedded import APP_ROLE
from guild.core.permissions import SYSTEM, Role, member_actor
from guild.core.settings import Settings
from guild.core.wire import encode_cursor
from guild.core.work import Work, begin_work
from guild.invoicing.commands import issue_invoice
from guild.invoicing.queries import Sieve, list_invoices
from guild.ledger.chart import Account
from guild.ledger.queries import statement, trial_balance
from guild.receivables.queries.ageing import ageing

INVOICES: Final = 1_000_000
ROUNDS: Final = 3
REPEATS: Final = 20
COLUMNS: Final = """
SELECT string_agg(coalesce($1::jsonb ->> attname, 't.' || attname), ', ' ORDER BY attnum)
  FROM pg_attribute WHERE attrelid = 'invoice'::regclass AND attnum > 0 AND NOT attisdropped"""
OTHERS: Final = {
    "id": "uuidv7(interval '-1 day')", "member_id": "d.member", "client_id": "d.client",
    "contract_id": "d.contract", "state": "'issued'", "reference": "'M' || n",
    "number": "'M-' || n", "series_year": "extract(year FROM d.day)", "sequence": "1000000 + n",
    "issued_on": "d.day", "due_on": "d.day", "issued_at": "d.day", "seller": "'{}'::jsonb",
    "buyer": "'{}'::jsonb",
}  # fmt: skip
"""What differs from the pattern in its copies; every other column is the pattern's."""
MASS_INVOICES: Final = """
INSERT INTO invoice SELECT {columns} FROM invoice t CROSS JOIN generate_series(1, $2::int) AS n
 CROSS JOIN LATERAL (SELECT ($3::uuid[])[1 + n % cardinality($3)] AS member,
                            ($4::uuid[])[1 + n % cardinality($4)] AS client,
                            ($5::uuid[])[1 + n % cardinality($5)] AS contract,
                            date '2016-11-01' + n % 3650 AS day) AS d
 WHERE t.id = $1"""
MASS_ENTRIES: Final = """
WITH e AS (
    INSERT INTO ledger_entry (id, kind, text, occurred_on, recorded_at, actor)
    SELECT uuidv7(interval '-1 day'), 'invoice_issued', 'Invoice', date '2016-11-01' + n % 3650,
           now(), 'system' FROM generate_series(1, $1::int) AS n RETURNING id, occurred_on),
  numbered AS (SELECT e.*, row_number() OVER () AS n FROM e)
INSERT INTO ledger_posting (entry_id, position, account_id, amount_minor, currency, occurred_on)
SELECT e.id, p.position,
       CASE p.position WHEN 0 THEN ($2::uuid[])[1 + e.n % cardinality($2)]
                       WHEN 1 THEN $3::uuid
                       ELSE CASE e.n % 2 WHEN 0 THEN $4::uuid
                                 ELSE ($5::uuid[])[1 + e.n % cardinality($5)] END END,
       p.amount, 'EUR', e.occurred_on
  FROM numbered e CROSS JOIN (VALUES (0, 121000), (1, -21000), (2, -100000)) AS p(position, amount)
"""
MASS_BALANCES: Final = """
INSERT INTO ledger_balance (account_id, month, shard, currency, debit_minor, credit_minor)
SELECT account_id, date_trunc('month', occurred_on)::date, 0, currency,
       sum(greatest(amount_minor, 0)), sum(greatest(-amount_minor, 0))
  FROM ledger_posting GROUP BY 1, 2, 4
    ON CONFLICT (account_id, month, shard) DO UPDATE
   SET debit_minor = excluded.debit_minor, credit_minor = excluded.credit_minor"""
INDEXES: Final = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index
 WHERE indrelid IN ('invoice'::regclass, 'ledger_entry'::regclass, 'ledger_posting'::regclass)
   AND NOT indisunique"""
"""An index is built faster over the whole than row by row."""
SUMMED: Final = """
SELECT a.code, p.currency, sum(greatest(p.amount_minor, 0)), sum(greatest(-p.amount_minor, 0))
  FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id GROUP BY 1, 2"""
BY_ROWS: Final = """
SELECT sum(amount_minor) FROM ledger_posting WHERE account_id = $1 AND occurred_on < $2"""
OWED: Final = """
SELECT client_id, currency, count(*), sum(total_minor - paid_minor) FROM invoice
 WHERE state IN ('issued', 'partly_paid') AND kind = 'invoice' GROUP BY client_id, currency"""
DEEP_KEY: Final = """
SELECT id, issued_on FROM invoice WHERE member_id = $1 ORDER BY id OFFSET $2 LIMIT 1"""


async def pour(house: House) -> None:
    """The mass, and its statistics."""
    owner = house.owner
    few = house.people[:100]
    heavy, rest = few[0], few[1:]
    accounts: list[tuple[UUID, str, str, UUID | None]] = []
    for person in few:
        accounts += [
            _account("member_pending", person.member),
            _account("receivable", person.client),
        ]
    accounts.append(_account("vat_payable", None))
    await owner.executemany(
        "INSERT INTO ledger_account (id, code, kind, owner, currency) "
        "VALUES ($1, $2, $3, $4, 'EUR') ON CONFLICT DO NOTHING", accounts,
    )  # fmt: skip
    indexes = await owner.fetch(INDEXES)
    for index in indexes:
        await owner.execute(f"DROP INDEX {index['name']}")
    # Every second invoice is the heavy member's.
    owners = [one for person in rest for one in (heavy, person)]
    columns = await owner.fetchval(COLUMNS, msgspec.json.encode(OTHERS).decode())
    await owner.execute(
        MASS_INVOICES.format(columns=columns), house.draft, INVOICES, [p.member for p in owners],
        [p.client for p in owners], [p.contract for p in owners],
    )  # fmt: skip
    await owner.execute(
        MASS_ENTRIES, INVOICES, [Account("receivable", p.client).id("EUR") for p in few],
        Account("vat_payable").id("EUR"), Account("member_pending", heavy.member).id("EUR"),
        [Account("member_pending", p.member).id("EUR") for p in rest],
    )  # fmt: skip
    await owner.execute(MASS_BALANCES)
    for index in indexes:
        await owner.execute(index["made"])
    await owner.execute("VACUUM ANALYZE")
    await owner.execute("CHECKPOINT")


def _account(code: str, owner: UUID | None) -> tuple[UUID, str, str, UUID | None]:
    account = Account(code, owner)
    return account.id("EUR"), code, account.kind.value, owner


class Books:
    """The questions, asked of one house."""

    def __init__(self, house: House) -> None:
        self.house: Final = house
        self.heavy: Final[Person] = house.people[0]
        self.actor = member_actor(self.heavy.member, frozenset({Role.MEMBER}))

    async def asked(self, ask: Callable[[Work], Awaitable[Any]], repeats: int = REPEATS) -> float:
        """Seconds per question, each repeated in one Work."""
        async with begin_work(self.house.system, self.actor, read_only=True) as work:
            await ask(work)
            began = time.perf_counter()
            for _ in range(repeats):
                await ask(work)
            return (time.perf_counter() - began) / repeats

    async def issue(self) -> float:
        """Seconds per issue, in process, spread over members."""
        dealt = await self.house.drafts(self.house.people, 60)
        began = time.perf_counter()
        for _, invoice_id in dealt:
            async with begin_work(self.house.system, SYSTEM) as work:
                await issue_invoice(work, invoice_id)
        return (time.perf_counter() - began) / len(dealt)

    async def first_page(self) -> float:
        """The newest fifty of the heavy member's invoices."""
        return await self.asked(lambda work: list_invoices(work, Sieve(mine=True)))

    async def deep_page(self) -> float:
        """A page with nine tenths of them before it."""
        row = await self.house.owner.fetchrow(
            DEEP_KEY, self.heavy.member, INVOICES // 20
        )  # ids grow, pages go down
        cursor = encode_cursor(row["id"])
        return await self.asked(lambda work: list_invoices(work, Sieve(mine=True), cursor=cursor))

    async def maintained(self) -> float:
        """The trial balance from the maintained months."""
        return await self.asked(trial_balance)

    async def summed(self) -> float:
        """The same from every posting."""
        began = time.perf_counter()
        await self.house.owner.fetch(SUMMED)
        return time.perf_counter() - began

    async def by_month(self) -> float:
        """The last page of the heavy member's statement: its opening from whole months."""
        owner, since = self.heavy.member, date(2026, 10, 20)
        return await self.asked(lambda work: statement(work, "member_pending", owner, since=since))

    async def by_rows(self) -> float:
        """The same opening, summed from ten years of postings."""
        account = Account("member_pending", self.heavy.member).id("EUR")
        began = time.perf_counter()
        await self.house.owner.fetchval(BY_ROWS, account, date(2026, 10, 20))
        return time.perf_counter() - began

    async def aged(self) -> float:
        """The ageing report of the whole house, as a treasurer sees it."""
        treasurer = member_actor(
            self.house.treasurer.member, frozenset({Role.MEMBER, Role.TREASURER})
        )
        async with begin_work(self.house.system, treasurer, read_only=True) as work:
            began = time.perf_counter()
            told = await ageing(work)
            taken = time.perf_counter() - began
        assert sum(total.invoices for total in told.totals) >= INVOICES
        return taken

    async def owed(self) -> float:
        """One bare sum per client over the same invoices."""
        began = time.perf_counter()
        await self.house.owner.fetch(OWED)
        return time.perf_counter() - began


async def measure(settings: Settings, small_settings: Settings) -> list[Row]:
    """A small house and a big one on the same server, asked in turn."""
    small, big = House(small_settings), House(settings)
    await small.found(100)
    await big.found(100)
    await pour(big)
    few, many = Books(small), Books(big)
    rows_in_big = await big.owner.fetchval(
        "SELECT (SELECT count(*) FROM invoice) + (SELECT count(*) FROM invoice_line) "
        "+ (SELECT count(*) FROM ledger_entry) + (SELECT count(*) FROM ledger_posting)"
    )
    issue, at_many, at_few = await alternate(ROUNDS, many.issue, few.issue)
    page, deep, first = await alternate(ROUNDS, many.deep_page, many.first_page)
    trial, kept, summed = await alternate(ROUNDS, many.summed, many.maintained)
    months, late, early = await alternate(ROUNDS, many.by_rows, many.by_month)
    ageing_ratio, report, bare = await alternate(ROUNDS, many.aged, many.owed)
    await small.close()
    await big.close()

    def ms(seconds: float) -> str:
        return f"{seconds * 1000:.1f} ms"

    return [
        Row(number="9", what="issue in big books, of small books", value=issue, target=1.3,
            hope=1.1, less=True, unit="×",
            how=f"{ms(at_many)} with {rows_in_big:,} rows, {ms(at_few)} with few"),
        Row(number="9", what="page 90 % deep in 500,000 invoices, of the first page", value=page,
            target=2, hope=1.2, less=True, unit="×", how=f"{ms(deep)} against {ms(first)}"),
        Row(number="9", what="trial balance by sums, of the maintained one", value=trial, target=20,
            hope=90, unit="×", how=f"{ms(kept)} by sums against {ms(summed)}"),
        Row(number="9", what="ten years of a member by rows, of the statement's page by months",
            value=months, target=20, hope=90, unit="×",
            how=f"{ms(late)} by rows against {ms(early)}"),
        Row(number="A", what="ageing of 1,000,000 open invoices, of a bare sum over them",
            value=ageing_ratio, target=3, hope=1.5, less=True, unit="×",
            how=f"{ms(report)} against {ms(bare)}; every invoice is open, which is the worst"),
    ]  # fmt: skip


def rows() -> list[Row]:
    """The rows of the table."""
    with servers() as (embedded, settings):
        small = msgspec.structs.replace(
            settings, database_url=embedded.url("small", APP_ROLE), owner_url=embedded.url("small")
        )
        return asyncio.run(measure(settings, small))
