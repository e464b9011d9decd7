"""People and invoices for the tests of receivables."""

from datetime import date
from typing import Any

import httpx
from sqlalchemy import select

from guild import features
from guild.core.ids import InvoiceId
from guild.core.jobs import Job
from guild.core.money import Money
from guild.core.outbox import OutboxRow, typed_ids
from guild.core.permissions import SYSTEM, Actor, LinkGrant, Role, contact_actor
from guild.core.work import System, begin_work
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.commands import record_payment
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account
from guild.members.models import AccessLink, Member
from guild.members.schemas import OrganisationOut
from tests.factories import Factories


class Scene:
    """A member with a client, an invoice of 1,210.00, two treasurers and a representative."""

    def __init__(self, system: System, make: Factories) -> None:
        self.system, self.make = system, make
        self.member: Member
        self.client: OrganisationOut
        self.invoice_id: InvoiceId

    async def open(self, **client: Any) -> "Scene":
        """The people, and one issued invoice due in thirty days."""
        self.member = await self.make.member()
        self.treasurer = await self.make.member(roles=[Role.TREASURER])
        self.second = await self.make.member(roles=[Role.TREASURER])
        self.rep = await self.make.member(roles=[Role.REP])
        self.client = await self.make.organisation(
            self.member,
            **{"vat_number": "BE0403019261", "enterprise_number": "0403019261", **client},
        )
        self.invoice_id = await self.another()
        return self

    async def another(self, **fields: Any) -> InvoiceId:
        """One more invoice of the same member to the same client."""
        return await self.make.issued_invoice(self.member, self.client, **fields)

    def by(self, who: Member | Actor, **options: Any) -> Any:
        """A Work of one of them."""
        actor = who if isinstance(who, Actor) else self.make.actor(who)
        return begin_work(self.system, actor, **options)

    def house(self) -> Any:
        """A Work of the house itself."""
        return begin_work(self.system, SYSTEM)

    async def contact(self, invoice_id: InvoiceId | None = None) -> Actor:
        """The client, come through a personal link of the invoice."""
        about = invoice_id or self.invoice_id
        contact_id = self.client.contacts[0].id
        await self.make.link(contact_id, about, purpose=INVOICE_LINK)
        async with self.house() as work:
            link = await work.session.scalar(
                select(AccessLink)
                .where(AccessLink.subject_id == about, AccessLink.purpose == INVOICE_LINK)
                .order_by(AccessLink.id.desc())
                .limit(1)
            )
        assert link is not None
        return contact_actor(
            LinkGrant(
                link_id=link.id, purpose=INVOICE_LINK, subject_id=about, contact_id=contact_id
            )
        )

    async def link_headers(self, invoice_id: InvoiceId | None = None) -> dict[str, str]:
        """The credentials of a program of the client."""
        contact_id = self.client.contacts[0].id
        token = await self.make.link(
            contact_id, invoice_id or self.invoice_id, purpose=INVOICE_LINK
        )
        return {"Authorization": f"Link {token}", "Idempotency-Key": f"key-{self.make.number():08}"}

    async def pay(self, amount: str, on: date, invoice_id: InvoiceId | None = None) -> None:
        """Money of the client arrives in suspense and is recorded."""
        async with self.house() as work:
            await record_payment(
                work, invoice_id or self.invoice_id, Money.parse(amount, "EUR"),
                Account("opening"), on,
            )  # fmt: skip

    async def invoice(self, invoice_id: InvoiceId | None = None) -> Invoice:
        """The invoice as it is now."""
        async with self.house() as work:
            found: Invoice = await work.session.get_one(
                Invoice, invoice_id or self.invoice_id, populate_existing=True
            )
        return found

    async def run(self, *names: str) -> int:
        """Run the queued jobs of these names once, each in a Work of its own."""
        async with self.house() as work:
            rows = list(
                await work.session.scalars(
                    select(OutboxRow)
                    .where(OutboxRow.job.in_(names), OutboxRow.done_at.is_(None))
                    .order_by(OutboxRow.id)
                )
            )
            for row in rows:
                row.done_at = work.now
        for row in rows:
            job = self.system.jobs[row.job]
            assert isinstance(job, Job)
            async with self.house() as work:
                await job(work, **typed_ids(job.run, row.ids))
        return len(rows)

    async def sound(self) -> None:
        """Every invariant of the house holds."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            found = await features.broken_invariants(work, hashed=False)
        wrong = {name: lines for name, lines in found.items() if lines}
        assert not wrong, wrong


async def client_by_link(world: Any, invoice_id: InvoiceId) -> Any:
    """A Work of the client of an invoice, come through a link; `world` has `make` and `system`."""
    async with begin_work(world.system, SYSTEM) as work:
        contact_id = (await work.session.get_one(Invoice, invoice_id)).contact_id
    await world.make.link(contact_id, invoice_id, purpose=INVOICE_LINK)
    async with begin_work(world.system, SYSTEM) as work:
        link = await work.session.scalar(
            select(AccessLink)
            .where(AccessLink.subject_id == invoice_id, AccessLink.purpose == INVOICE_LINK)
            .order_by(AccessLink.id.desc())
            .limit(1)
        )
    assert link is not None
    granted = LinkGrant(
        link_id=link.id, purpose=INVOICE_LINK, subject_id=invoice_id, contact_id=contact_id
    )
    return begin_work(world.system, contact_actor(granted))


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]
