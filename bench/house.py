"""A cooperative for the benchmarks: founded through the product, then multiplied by SQL.

One member, one client, one signed contract and one draft of three lines come about through the
product's own commands. Copies of these rows (with triggers off, because it is the owner who sets
the stage) make a thousand members with a client each, and as many drafts as a round needs. What is
measured afterwards runs with every trigger on.
"""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from guild import features
from guild.contracts.schemas import MilestoneIn
from guild.core.ids import InvoiceId, new_id
from guild.core.permissions import SYSTEM, Role
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.governance.commands import install_founding_charter
from guild.invoicing.commands.validating import hash_of
from guild.invoicing.einvoice.reckon import reckoned
from guild.invoicing.queries.documents import document_data
from guild.members.rules.tokens import csrf_token, token_hash
from guild.migrations.run import create_database, migrate
from guild.treasury.commands import open_coop_account
from guild.treasury.schemas import CoopAccountIn
from guild.worker import driver_connection
from tests.factories import Factories

MEMBERS: Final = 1_000
COPY: Final = """INSERT INTO {table} SELECT r.* FROM {table} t
    CROSS JOIN unnest($2::text[]) AS o(fields)
    CROSS JOIN LATERAL jsonb_populate_record(t, o.fields::jsonb) AS r WHERE t.{key} = $1"""
"""Copies of one row, each with some columns replaced; the rest stays, sealed bytes included."""


class Person(msgspec.Struct, frozen=True):
    """A member who is signed in, with her client and contract."""

    member: UUID
    client: UUID
    contact: UUID
    contract: UUID
    cookie: str

    @property
    def headers(self) -> str:
        """The headers of her requests: her session's cookie and its proof."""
        return f"Cookie: guild={self.cookie}\r\nX-CSRF-Token: {csrf_token(self.cookie)}\r\n"


class House:
    """The founded cooperative, its owner's connection and its people."""

    def __init__(self, settings: Settings) -> None:
        self.settings: Final = settings
        self.system: System
        self.owner: asyncpg.Connection[Any]
        self.template: Person
        self.treasurer: Person
        self.people: list[Person] = []
        self.draft: UUID
        self._serial = 100_000

    async def found(self, members: int = MEMBERS) -> None:
        """Make the schema, the founders, and `members` people beside them."""
        await create_database(self.settings.owner_url)
        await migrate(self.settings.owner_url)
        self.owner = await driver_connection(self.settings.owner_url)
        self.system = features.make_system(self.settings)
        async with begin_work(self.system, SYSTEM) as work:
            await install_founding_charter(work)
        make = Factories(self.system)
        treasurer = await make.member(roles=[Role.TREASURER])
        member = await make.member()
        client = await make.organisation(
            member, vat_number="BE0403019261", enterprise_number="0403019261"
        )
        dues = ("2026-12-18", "2027-01-29", "2027-02-26")
        milestones = [
            MilestoneIn(title=f"Part {n}", net="400.00", due_on=date.fromisoformat(day))
            for n, day in enumerate(dues, 1)
        ]
        self.draft = await make.drafted_invoice(member, client, milestones=milestones)
        contract = await self.owner.fetchval(
            "SELECT contract_id FROM invoice WHERE id = $1", self.draft
        )
        async with begin_work(self.system, make.actor(treasurer)) as work:
            account = CoopAccountIn(
                name="Current account", iban="BE71096123456769", opened_on=work.today
            )
            await open_coop_account(work, account)
        seat = (client.id, client.contacts[0].id, contract)
        self.template = Person(member.id, *seat, secrets.token_urlsafe(32))
        self.treasurer = Person(treasurer.id, *seat, secrets.token_urlsafe(32))
        await self.owner.execute("SET session_replication_role = replica")
        await self.sign_in([self.template, self.treasurer])
        await self._multiply(members)
        await self.owner.execute("ANALYZE")

    async def close(self) -> None:
        """Let go of the database."""
        await self.owner.close()
        await features.close(self.system)
        await self.system.engine.dispose()

    async def _multiply(self, members: int) -> None:
        one = self.template
        self.people = [
            Person(new_id(), new_id(), new_id(), new_id(), secrets.token_urlsafe(32))
            for _ in range(members)
        ]
        await self._copy("member", one.member, [
            {"id": p.member, "email": f"copy{n}@example.org"} for n, p in enumerate(self.people)
        ])  # fmt: skip
        await self._copy("organisation", one.client, [
            {"id": p.client, "created_by": p.member} for p in self.people
        ])  # fmt: skip
        await self._copy("contact", one.contact, [
            {"id": p.contact, "organisation_id": p.client} for p in self.people
        ])  # fmt: skip
        await self._copy("contract", one.contract, [
            {"id": p.contract, "number": f"X-{n}", "member_id": p.member, "client_id": p.client,
             "contact_id": p.contact} for n, p in enumerate(self.people)
        ])  # fmt: skip
        await self.sign_in(self.people)

    async def sign_in(self, people: Sequence[Person]) -> None:
        """Give each a session."""
        await self.owner.executemany(
            """INSERT INTO session (id_hash, member_id, created_at, last_seen, expires_at)
               VALUES ($1, $2, now(), now(), now() + interval '1 day')""",
            [(token_hash(p.cookie), p.member) for p in people],
        )

    async def _copy(
        self, table: str, pattern: UUID, rows: Sequence[dict[str, Any]], key: str = "id"
    ) -> None:
        told = [msgspec.json.encode(row).decode() for row in rows]
        await self.owner.execute(COPY.format(table=table, key=key), pattern, told)

    async def drafts(self, people: Sequence[Person], number: int) -> list[tuple[Person, UUID]]:
        """That many drafts of three lines, dealt out to the people in turn."""
        dealt = [(people[n % len(people)], new_id()) for n in range(number)]
        rows = []
        for person, invoice_id in dealt:
            self._serial += 1
            rows.append({
                "id": invoice_id, "member_id": person.member, "client_id": person.client,
                "contact_id": person.contact, "contract_id": person.contract,
                "reference": f"{self._serial:010d}{self._serial % 97 or 97:02d}",
            })  # fmt: skip
        await self._copy("invoice", self.draft, rows)
        parts = [{"invoice_id": invoice_id} for _, invoice_id in dealt]
        await self._copy("invoice_line", self.draft, parts, key="invoice_id")
        await self._copy("invoice_vat", self.draft, parts, key="invoice_id")
        await self._judged([invoice_id for _, invoice_id in dealt])
        return dealt

    async def _judged(self, drafts: Sequence[UUID]) -> None:
        """Keep the verdict that the job of a changed draft has given before anybody issues it."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            found = await document_data(work, [InvoiceId(one) for one in drafts])
        hashes = [hash_of(self.settings, reckoned(one.frozen, one.facts)) for one in found]
        await self.owner.execute(
            """UPDATE invoice SET verdict_hash = r.hash
                 FROM unnest($1::uuid[], $2::bytea[]) AS r(id, hash) WHERE invoice.id = r.id""",
            [one.id for one in found],
            hashes,
        )

    async def paid_at_bank(self, invoices: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
        """A bank entry with its suggestion for each issued invoice: (entry, invoice)."""
        rows = await self.owner.fetch(
            """WITH made AS (
                   INSERT INTO bank_entry (id, statement_id, account_id, reference, amount_minor,
                          currency, booked_on, valued_on, structured, text, counterparty,
                          iban_last4, end_to_end_id, return_reason, state, explanation)
                   SELECT i.id, i.id, a.id, i.id::text, i.total_minor, i.currency, i.issued_on,
                          i.issued_on, i.reference, 'Invoice ' || i.number, 'Client', '7034', '',
                          '', 'suggested', ''
                     FROM invoice i CROSS JOIN coop_bank_account a WHERE i.id = ANY ($1)
                   RETURNING id)
               INSERT INTO match_suggestion (entry_id, invoice_id, amount_minor, score, verdict,
                          reasons)
               SELECT m.id, m.id, 0, 100, 'full', '[]' FROM made m
               RETURNING entry_id, invoice_id""",
            list(invoices),
        )
        return [(row["entry_id"], row["invoice_id"]) for row in rows]
