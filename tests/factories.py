"""Factories: the shortest way to a member, a client, a contract in a given state.

They go through the commands, so what they make is what the product makes.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select

from guild.contracts import commands as contracts
from guild.contracts import queries as contract_queries
from guild.contracts.models import Contract, Delivery, Milestone
from guild.contracts.schemas import ContractIn, DeliveryIn, MilestoneIn, OfferIn, SendIn, SignIn
from guild.core.ids import ContactId, InvoiceId, OrganisationId
from guild.core.mail import Letter, Mail, read_letter
from guild.core.permissions import (
    SYSTEM,
    Actor,
    LinkGrant,
    Role,
    contact_actor,
    member_actor,
)
from guild.core.work import System, begin_work
from guild.invoicing import commands as invoicing
from guild.members import commands as members
from guild.members import queries as member_queries
from guild.members.models import AccessLink, BankAccount, Member
from guild.members.rules.powers import roles_held
from guild.members.schemas import (
    ApplicationIn,
    BankAccountIn,
    ContactIn,
    DetailsIn,
    OrganisationIn,
    OrganisationOut,
)


class Factories:
    """Bound to the System of one test. Each feature adds its methods here."""

    PASSWORD: ClassVar[str] = "correct horse battery"

    def __init__(self, system: System) -> None:
        self.system = system
        self.count = 0
        self.offices: dict[UUID, frozenset[Role]] = {}

    def number(self) -> int:
        """A number not used before in this test."""
        self.count += 1
        return self.count

    # --- members -------------------------------------------------------------------------------

    async def member(self, *, roles: Iterable[Role | str] = (), **fields: Any) -> Member:
        """An admitted member with these offices (of the founding), who can sign in."""
        n = self.number()
        offices = frozenset(Role(role) for role in roles) - {Role.MEMBER}
        application = ApplicationIn(
            **{
                "email": f"member{n}@example.org",
                "password": self.PASSWORD,
                "legal_name": f"Member Number {n}",
                "display_name": f"Member {n}",
                "country": "BE",
                "street": f"Rue de la Guilde {n}",
                "postcode": "1000",
                "city": "Bruxelles",
                **fields,
            }
        )
        async with begin_work(self.system, SYSTEM) as work:
            made = await members.appoint_founder(work, application, offices)
        self.offices[made.id] = offices
        return made

    async def numbers(self, member: Member, approver: Member, **wanted: str | None) -> None:
        """The member bears these numbers from now on: she asked, and another agreed."""
        async with begin_work(self.system, self.actor(member)) as work:
            await members.change_details(work, DetailsIn(**wanted))
            waiting = await member_queries.my_numbers_waiting(work, member.id)
        assert waiting is not None
        async with begin_work(self.system, self.actor(approver)) as work:
            await members.approve_numbers(work, waiting.id)

    def actor(self, member: Member) -> Actor:
        """That member as an actor, for `as_(make.actor(member))`."""
        offices = self.offices.get(member.id, frozenset())
        return member_actor(member.id, roles_held(member.state, offices), member.display_name)

    async def organisation(
        self, member: Member, *, contact: bool | ContactIn = True, **fields: Any
    ) -> OrganisationOut:
        """A client of that member, with one contact (`made.contacts[0].id`) unless told not to."""
        n = self.number()
        usual = ContactIn(name=f"Contact {n}", email=f"contact{n}@client.example")
        who = contact if isinstance(contact, ContactIn) else usual
        entered = OrganisationIn(
            **{
                "name": f"Client {n}",
                "kind": "company",
                "country": "BE",
                "street": f"Marktplein {n}",
                "postcode": "9000",
                "city": "Gent",
                "email": f"accounts{n}@client.example",
                "contact": who if contact else None,
                **fields,
            }
        )
        async with begin_work(self.system, self.actor(member)) as work:
            made = await members.register_organisation(work, entered)
            return await member_queries.organisation(work, OrganisationId(made.id))

    async def link(
        self, contact_id: ContactId, subject_id: UUID, *, purpose: str = "contract", hours: int = 72
    ) -> str:
        """A raw personal link token, as the mail holds it."""
        async with begin_work(self.system, SYSTEM) as work:
            return await members.issue_link(
                work, contact_id, purpose=purpose, subject_id=subject_id, valid_hours=hours
            )

    async def bank_account(
        self,
        member: Member,
        *,
        approver: Member | None = None,
        iban: str = "BE68 5390 0754 7034",
        holder: str = "",
    ) -> BankAccount:
        """An account of that member, approved by `approver` if given (a treasurer or secretary)."""
        entered = BankAccountIn(iban=iban, holder=holder or member.legal_name)
        async with begin_work(self.system, self.actor(member)) as work:
            asked = await members.request_bank_account(work, entered)
        if approver is None:
            return asked
        async with begin_work(self.system, self.actor(approver)) as work:
            return await members.approve_bank_account(work, asked.id)

    # --- contracts -----------------------------------------------------------------------------

    async def contract(
        self, member: Member | None = None, client: OrganisationOut | None = None, **fields: Any
    ) -> Contract:
        """A draft: two milestones, 1,000.00 EUR, Belgian law. `fields` are those of ContractIn."""
        member = member or await self.member()
        client = client or await self.organisation(member)
        drafted = ContractIn(
            **{
                "client_id": client.id,
                "contact_id": client.contacts[0].id,
                "title": "Twelve illustrations",
                "summary": "Twelve illustrations for a catalogue",
                "profession": "illustration",
                "hours_estimate": 20,
                "payment_term_days": 30,
                "milestones": [
                    MilestoneIn(title="Sketches", net="400.00", due_on=date(2026, 12, 18)),
                    MilestoneIn(title="Finished work", net="600.00", due_on=date(2027, 1, 29)),
                ],
                **fields,
            }
        )
        async with begin_work(self.system, self.actor(member)) as work:
            return await contracts.draft_contract(work, drafted)

    async def sent_contract(
        self, member: Member | None = None, client: OrganisationOut | None = None, **fields: Any
    ) -> Contract:
        """An offer that waits for its client's answer."""
        member = member or await self.member()
        drafted = await self.contract(member, client, **fields)
        said = SendIn(typed_name=member.legal_name, consent=True, version=1)
        async with begin_work(self.system, self.actor(member)) as work:
            return await contracts.send_contract(work, drafted.id, said)

    async def client_of(self, contract: Contract, purpose: str = "contract") -> Actor:
        """The client's contact, come through the newest personal link of that purpose."""
        async with begin_work(self.system, SYSTEM) as work:
            link = await work.session.scalar(
                select(AccessLink)
                .where(AccessLink.subject_id == contract.id, AccessLink.purpose == purpose)
                .order_by(AccessLink.id.desc())
                .limit(1)
            )
        assert link is not None, f"no {purpose} link was mailed"
        grant = LinkGrant(
            link_id=link.id, purpose=purpose, subject_id=contract.id, contact_id=link.contact_id
        )
        return contact_actor(grant)

    async def letters(self) -> list[Letter]:
        """Every mail written so far, oldest first."""
        async with begin_work(self.system, SYSTEM) as work:
            rows = await work.session.scalars(select(Mail).order_by(Mail.id))
            return [read_letter(work, mail) for mail in rows]

    async def signing_code(self, contract: Contract) -> str:
        """Ask for a code as the client and read it from the mail."""
        async with begin_work(self.system, await self.client_of(contract)) as work:
            view, _ = await contract_queries.offer_view(work)
            seen = OfferIn(version=view.version, shown_sha256=view.shown_sha256)
            await contracts.request_code(work, seen)
        found = re.search(r"[Cc]ode\s*: (\d{6})", (await self.letters())[-1].text)
        assert found is not None
        return found[1]

    async def signed_contract(
        self, member: Member | None = None, client: OrganisationOut | None = None, **fields: Any
    ) -> Contract:
        """A contract that both sides signed, with its milestones; not yet sealed."""
        sent = await self.sent_contract(member, client, **fields)
        code = await self.signing_code(sent)
        async with begin_work(self.system, await self.client_of(sent)) as work:
            view, _ = await contract_queries.offer_view(work)
            signed, _ = await contracts.sign_contract(
                work,
                SignIn(
                    version=view.version,
                    shown_sha256=view.shown_sha256,
                    code=code,
                    typed_name="Contact Person",
                    role="Head of things",
                    consent=True,
                ),
            )
        return signed

    async def milestones(self, contract: Contract) -> list[Milestone]:
        """The milestones of a signed contract, in order, as they are now."""
        async with begin_work(self.system, SYSTEM) as work:
            rows = await work.session.scalars(
                select(Milestone)
                .where(Milestone.contract_id == contract.id)
                .order_by(Milestone.position)
            )
            return list(rows)

    async def deliver(self, contract: Contract, member: Member, position: int = 1) -> Delivery:
        """The member hands over one milestone."""
        milestone = (await self.milestones(contract))[position - 1]
        async with begin_work(self.system, self.actor(member)) as work:
            return await contracts.deliver_milestone(work, milestone.id, DeliveryIn(note="Here."))

    async def accept(self, contract: Contract, member: Member, position: int = 1) -> Milestone:
        """The member delivers one milestone and the client accepts it."""
        delivery = await self.deliver(contract, member, position)
        async with begin_work(self.system, await self.client_of(contract, "delivery")) as work:
            return await contracts.accept_milestone(work, delivery.milestone_id, delivery.id)

    # --- invoicing -----------------------------------------------------------------------------

    async def drafted_invoice(
        self, member: Member | None = None, client: OrganisationOut | None = None, **fields: Any
    ) -> InvoiceId:
        """A draft of both milestones (1,000.00 net) for a Belgian company by default."""
        member = member or await self.member()
        client = client or await self.organisation(
            member, vat_number="BE0403019261", enterprise_number="0403019261"
        )
        contract = await self.signed_contract(member, client, **fields)
        for milestone in await self.milestones(contract):
            await self.accept(contract, member, milestone.position)
        async with begin_work(self.system, self.actor(member)) as work:
            return await invoicing.draft_invoice_from_milestones(work, contract.id)

    async def issued_invoice(
        self, member: Member | None = None, client: OrganisationOut | None = None, **fields: Any
    ) -> InvoiceId:
        """The same, issued: 1,210.00 with 21 % VAT."""
        invoice_id = await self.drafted_invoice(member, client, **fields)
        async with begin_work(self.system, SYSTEM) as work:
            await invoicing.issue_invoice(work, invoice_id)
        return invoice_id
