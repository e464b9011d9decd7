"""A small cooperative with one row of every kind, for tests that walk all the doors at once.

Mira (`owner`) has a contract in every state, invoices, a payout, claims, reviews and entries; every
other kind of person stands beside her. Each request runs in a savepoint that is rolled back, so
that thousands of requests meet the same world.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker, create_async_engine

from guild import features
from guild.compliance import commands as compliance
from guild.compliance.models import Label
from guild.compliance.schemas import ConfirmationIn
from guild.contracts import queries as contract_queries
from guild.contracts.commands import seal_contract
from guild.core.ids import InvoiceId, MemberId
from guild.core.money import Money
from guild.core.outbox import OutboxRow
from guild.core.permissions import SYSTEM, Permission, Role
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.exchange.commands import accept, upload
from guild.invoicing.commands import make_documents
from guild.ledger.chart import credit, debit
from guild.ledger.commands import post
from guild.members import commands as members
from guild.members.models import Member
from guild.members.queries import my_numbers_waiting
from guild.members.schemas import ApiKeyIn, DetailsIn
from guild.mutual_fund import commands as fund
from guild.mutual_fund import jobs as fund_jobs
from guild.mutual_fund.models import ClaimEvidence
from guild.mutual_fund.schemas import ClaimIn, EvidenceIn, InvitationIn, VerdictIn
from guild.reputation import commands as reputation
from guild.reputation.models import Attestation
from guild.reputation.schemas import DisputeIn
from guild.translog.commands import sequence_leaves
from guild.treasury import commands as treasury
from guild.treasury import jobs as treasury_jobs
from guild.treasury.models import BankEntry
from guild.treasury.schemas import BatchIn
from tests.camt import Move
from tests.conftest import NOON, Clock, found
from tests.factories import Factories
from tests.features.compliance.scene import GOOD as GOOD_FINDINGS
from tests.features.compliance.scene import GRANT
from tests.features.exchange import papers
from tests.features.mutual_fund.court import BANK, endow
from tests.features.reputation.story import FAIR, GOOD, Story, firm
from tests.features.treasury.conftest import Desk
from tests.security.bank import make_bank
from tests.security.contracts_rows import make_drafts
from tests.security.everything_rows import make_everything
from tests.security.invoice_kinds_rows import make_invoice_kinds
from tests.security.keeping_rows import make_kept
from tests.security.outlets import make_outlets
from tests.security.payouts_rows import make_payouts
from tests.security.performing_rows import make_performing
from tests.security.receivables_rows import make_receivables
from tests.security.signing_level_rows import make_levels
from tests.security.signing_rows import make_signing, name_authority
from tests.shared import App

BASE = "http://guild.test"
START = NOON - timedelta(hours=73)
"""Rows are made three days before noon, so that what must cool off has cooled off."""
LINK_HOURS = 24 * 30
OFFICES = ("treasurer", "rep", "secretary", "operator", "auditor")
KINDS = (
    "anonymous", "removed", "owner", "other", "juror", *OFFICES, "link", "other_link", "wrong_link",
)  # fmt: skip
"""Who knocks. `link` is the client's link for this very subject, `other_link` one of the same
purpose for another subject, `wrong_link` one of another purpose. `removed` sends the session that
she had as a member. `juror` sits on Mira's juries."""


class World:
    """The people, the rows and the doors."""

    def __init__(self, system: System, connection: AsyncConnection, clock: Clock) -> None:
        self.system, self.connection, self.clock = system, connection, clock
        self.make = Factories(system)
        self.people: dict[str, Member] = {}
        self.rows: dict[str, Any] = {}
        self.links: dict[str, str] = {}
        self.headers: dict[str, dict[str, str]] = {}
        app = App(system)
        self.app = app.litestar
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self.http = httpx.AsyncClient(transport=transport, base_url=BASE)

    async def ask(
        self, method: str, path: str, headers: dict[str, str], **parts: Any
    ) -> httpx.Response:
        """One request whose traces are wiped out afterwards."""
        self.http.cookies.clear()
        await self.connection.exec_driver_sql("SAVEPOINT asked")
        try:
            return await self.http.request(method, path, headers=headers, **parts)
        finally:
            # Without the release, each request would begin one level deeper, and thousands of
            # levels take the server's memory for locks.
            await self.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT asked")
            await self.connection.exec_driver_sql("RELEASE SAVEPOINT asked")

    def as_(self, who: str, **options: Any) -> Any:
        """A Work of one of the people."""
        return begin_work(self.system, self.make.actor(self.people[who]), **options)

    def as_house(self) -> Any:
        """A Work of the house itself."""
        return begin_work(self.system, SYSTEM)

    # --- building ------------------------------------------------------------------------------

    async def build(self) -> "World":
        """Everybody and everything."""
        self.clock.set(START)
        await self._judges()
        await self._officials()
        await self._contracts()
        await self._money()
        await self._standing()
        await self._office()
        await make_outlets(self)
        await make_signing(self)
        await make_performing(self)
        owner = self.people["owner"]
        paid = await self.make.issued_invoice(owner, await self._client())
        await make_bank(self, paid)
        await make_invoice_kinds(self)
        await make_receivables(self)
        await make_everything(self)
        await make_payouts(self)  # at noon, so after all that is issued before
        self.clock.set(NOON)
        name_authority(self)
        await make_levels(self)  # what is prepared waits for minutes only
        await self._sign_in()
        return self

    def name_of(self, member_id: MemberId) -> str:
        """The name in `people` of one of them."""
        return next(name for name, one in self.people.items() if one.id == member_id)

    async def _judges(self) -> None:
        """Claims are drawn while only three could be jurors, so that the jury is known."""
        for name in ("owner", "juror", "juror2", "juror3"):
            self.people[name] = await self.make.member()
        async with self.as_house() as work:
            await work.session.execute(text("UPDATE member SET joined_on = '2024-01-01'"))
            await endow(work, "fund_sickness", 1_000_000)
            await endow(work, "fund_solidarity", 1_000_000)
            await endow(work, "fund_guarantee", 1_000_000)
            brought = Money(1_000_000, "EUR")  # what payments and pots of these rows come from
            await post(
                work, kind="opening", text="Brought forward",
                lines=[debit("bank", brought, BANK), credit("opening", brought)],
            )  # fmt: skip
        today = START.date()
        for number, name in enumerate(("filed", "invited", "judging", "rejected", "granted")):
            started = today - timedelta(days=60 * (number + 1))
            async with self.as_("owner") as work:
                claim = await fund.file_claim(
                    work,
                    ClaimIn(
                        kind="sickness", started_on=started, since=started,
                        until=started + timedelta(days=40), capacity_lost_percent=100,
                        statement=f"What happened in {name}",
                    ),
                )  # fmt: skip
            self.rows[f"claim_{name}"] = claim.id
            await self._papers(name)
            if name != "filed":
                async with self.as_house() as work:
                    await fund_jobs.draw_jury(work, claim_id=claim.id)
        for name in ("judging", "rejected", "granted"):
            outcome = "rejected" if name == "rejected" else "granted"
            await self._judge(name, outcome, decide=name != "judging")

    async def _papers(self, name: str) -> None:
        claim_id = self.rows[f"claim_{name}"]
        for health in (False, True):
            async with self.as_("owner") as work:
                paper = EvidenceIn(
                    name="note.txt", media_type="text/plain", content="YSBub3Rl", health=health
                )
                added = await fund.add_evidence(work, claim_id, paper)
            self.rows[f"evidence_{name}_{'health' if health else 'plain'}"] = added.id
        async with self.as_house() as work:
            statement = await work.session.scalar(
                select(ClaimEvidence.id).where(
                    ClaimEvidence.claim_id == claim_id, ClaimEvidence.name == "Statement"
                )
            )
        self.rows[f"statement_{name}"] = statement

    async def _judge(self, name: str, outcome: str, *, decide: bool) -> None:
        claim_id = self.rows[f"claim_{name}"]
        for who in ("juror", "juror2", "juror3"):
            async with self.as_(who) as work:
                await fund.answer_invitation(work, claim_id, InvitationIn(accept=True))
            if decide:
                said: Any = {"outcome": outcome, "reason_code": "covered", "reason": "It fits."}
                async with self.as_(who) as work:
                    await fund.give_verdict(work, claim_id, VerdictIn(**said))

    async def _officials(self) -> None:
        self.desk = await Desk(self.system, self.make).open()
        for name, member in zip(
            ("treasurer", "treasurer2", "treasurer3"), self.desk.treasurers, strict=True
        ):
            self.people[name] = member
        for name in ("rep", "rep2", "rep3", "secretary", "secretary2", "operator", "auditor"):
            self.people[name] = await self.make.member(roles=[name.rstrip("23")])
        for name in ("other", "removed"):
            self.people[name] = await self.make.member()
        self.rows["coop_account"] = self.desk.account_id

    async def _contracts(self) -> None:
        owner, other = self.people["owner"], self.people["other"]
        client = await self.make.organisation(owner, **firm(self.make.number()))
        theirs = await self.make.organisation(other, **firm(self.make.number()))
        self.rows |= {
            "client": client.id,
            "contact": client.contacts[0].id,
            "draft": (await self.make.contract(owner, client)).id,
        }
        sent = await self.make.sent_contract(owner, client)
        signed = await self.make.signed_contract(owner, client)
        delivered = await self.make.deliver(signed, owner)
        first, second = await self.make.milestones(signed)
        self.rows |= {
            "sent": sent.id, "signed": signed.id, "delivered": first.id, "planned": second.id,
            "delivery": delivered.id,
        }  # fmt: skip
        async with begin_work(self.system, await self.make.client_of(sent)) as work:
            view, _ = await contract_queries.offer_view(work)
        self.rows |= {"version": view.version, "shown": view.shown_sha256}
        async with self.as_house() as work:
            await seal_contract(work, signed.id)
        foreign = await self.make.sent_contract(other, theirs)
        foreign_signed = await self.make.signed_contract(other, theirs)
        await self.make.deliver(foreign_signed, other)
        self.rows |= {"foreign_sent": foreign.id, "foreign_signed": foreign_signed.id}
        await self._link("offer", sent, "contract")
        await self._link("other_offer", foreign, "contract")
        await self._link("sealed_offer", signed, "contract")
        await self._link("delivery", signed, "delivery")
        await self._link("other_delivery", foreign_signed, "delivery")
        await make_drafts(self)
        await make_kept(self)

    async def _link(self, name: str, subject: Any, purpose: str) -> None:
        self.links[name] = await self.make.link(
            subject.contact_id, subject.id, purpose=purpose, hours=LINK_HOURS
        )

    async def _costs(self, owner: Member) -> None:
        """What suppliers ask for the owner's project: one to decide about, one accepted."""
        for name, number in (("cost", "F-1"), ("cost_accepted", "F-2")):
            async with begin_work(self.system, self.make.actor(owner)) as work:
                taken = await upload(
                    work, papers.ubl(number=number), contract_id=self.rows["signed"]
                )
                if name == "cost_accepted":
                    await accept(work, taken.id)
            self.rows[name] = taken.id

    async def _money(self) -> None:
        owner, desk = self.people["owner"], self.desk
        story = Story(self.system, self.make)
        ready = await story.completed(owner, await self._client())
        self.rows["completed"] = ready.id
        drafted = await self.make.drafted_invoice(owner, await self._client())
        issued = await self.make.issued_invoice(owner, await self._client())
        foreign = await self.make.issued_invoice(self.people["other"])
        async with self.as_house() as work:
            await make_documents(work, issued)
        self.rows |= {"drafted_invoice": drafted, "invoice": issued, "foreign_invoice": foreign}
        for name, invoice_id in (("invoice", issued), ("other_invoice", foreign)):
            async with self.as_house() as work:
                row = (
                    await work.session.execute(
                        text("SELECT contact_id FROM invoice WHERE id = :id"), {"id": invoice_id}
                    )
                ).one()
            self.links[name] = await self.make.link(
                row.contact_id, invoice_id, purpose="invoice", hours=LINK_HOURS
            )
        await self._costs(owner)
        await desk.bring_in(
            desk.statement(
                Move(cents=121_000, reference="E1", name="Client", text="invoice"),
                Move(cents=-1_250, reference="E2", name="Bank", text="fees"),
            )
        )
        async with self.as_house() as work:
            entries = list(await work.session.scalars(select(BankEntry).order_by(BankEntry.id)))
        by_amount = {entry.amount_minor: entry.id for entry in entries}
        self.rows |= {"entry_in": by_amount[121_000], "entry_out": by_amount[-1_250]}
        juror = self.people["juror"]  # the owner has used up what one member is advanced
        await self._lost(await self.make.issued_invoice(juror, await self._client("juror")))
        await self._payouts()

    async def _lost(self, invoice_id: InvoiceId) -> None:
        """An advance that no client repaid; one treasurer has proposed to give another up."""
        self.clock.advance(days=60)
        theirs = await self._client("other")
        proposed = await self.make.issued_invoice(self.people["other"], theirs)
        for one in (invoice_id, proposed):
            self.clock.advance(days=60)
            async with self.as_house() as work:
                await fund_jobs.pay_advance(work, invoice_id=one)
        async with begin_work(self.system, self.desk.treasurer(1)) as work:
            await fund.ask_write_off(work, proposed, "Bankrupt.")
        self.rows |= {"advanced_invoice": invoice_id, "given_up_invoice": proposed}
        self.clock.set(START)

    async def _client(self, who: str = "owner") -> Any:
        return await self.make.organisation(self.people[who], **firm(self.make.number()))

    async def _payouts(self) -> None:
        owner, desk = self.people["owner"], self.desk
        await self.make.bank_account(owner, approver=desk.treasurers[1])
        await self.make.bank_account(
            self.people["other"], approver=desk.treasurers[1], iban="NL91ABNA0417164300"
        )
        self.clock.set(NOON)
        await desk.paid_in(owner, 900_000)
        async with begin_work(self.system, desk.treasurer()) as work:
            line = Money(50_000, "EUR")
            await post(
                work, kind="test_release", text="Work done",
                lines=[debit("opening", line), credit("member_available", line,
                                                      self.people["other"].id)],
            )  # fmt: skip
        settled = await self._settled(await desk.approve(await desk.ask(owner, "90.00")))
        sent = await desk.approve(await desk.ask(owner, "100.00"))
        async with begin_work(self.system, desk.treasurer()) as work:
            batch = await treasury.make_payment_batch(work, BatchIn())
        approved = await desk.approve(await desk.ask(owner, "110.00"))
        asked = await desk.ask(owner, "120.00")
        half = await desk.ask(owner, "130.00")
        half = await desk.approve(half, approvers=(1,))
        self.rows |= {
            "ordered_payout": sent.id, "batch": batch.id, "approved_payout": approved.id,
            "payout": asked.id, "half_payout": half.id, "settled_payout": settled,
        }  # fmt: skip
        self.clock.set(START)

    async def _settled(self, paid: Any) -> Any:
        """Sent to the bank, seen on its statement, and told to the member."""
        async with begin_work(self.system, self.desk.treasurer()) as work:
            batch = await treasury.make_payment_batch(work, BatchIn())
            await treasury.mark_batch_sent(work, batch.id)
        move = Move(cents=-9_000, reference="E3", end_to_end_id=paid.id.hex)
        await self.desk.bring_in(self.desk.statement(move))
        async with self.as_house() as work:
            await treasury_jobs.make_payout_statement(work, payout_id=paid.id)
        return paid.id

    async def _standing(self) -> None:
        owner = self.people["owner"]
        story = Story(self.system, self.make)
        open_one = await story.finished(owner, await self._client())
        self.rows["rateable"] = open_one.id
        await self._link("attest", open_one, "attestation")
        both, entry = await story.both_say(owner, GOOD, await self._client())
        await self._link("entries", both, "attestation")
        async with self.as_house() as work:
            mirror = await work.session.scalar(
                select(Attestation.id).where(
                    Attestation.contract_id == both.id, Attestation.id != entry.id
                )
            )
        other_story, other_entry = await story.both_say(self.people["other"], GOOD)
        await self._link("other_attest", other_story, "attestation")
        disputed, third = await story.both_say(owner, GOOD, await self._client())
        async with self.as_("owner") as work:
            dispute = await reputation.dispute_entry(
                work, third.id, DisputeIn(reason="This is not how it went at all.")
            )
        self.rows |= {
            "entry": entry.id, "mirror": mirror, "dispute": dispute, "rated": both.id,
            "foreign_entry": other_entry.id, "disputed_contract": disputed.id,
        }  # fmt: skip
        await self._reviews()
        async with self.as_house() as work:
            await sequence_leaves(work)

    async def _reviews(self) -> None:
        async with self.as_("owner") as work:
            opened = await compliance.open_review(work, self.rows["sent"])
            taken = await compliance.open_review(work, self.rows["rateable"])
            proposed = await compliance.open_review(work, self.rows["rated"])
            labelled = await compliance.open_review(work, self.rows["signed"])
            doubted = await compliance.open_review(work, self.rows["completed"])
        async with self.as_("rep") as work:
            for review in (taken, labelled, doubted):
                await compliance.take_review(work, review)
                await compliance.record_findings(work, review, GOOD_FINDINGS)
        async with self.as_("rep2") as work:
            await compliance.take_review(work, proposed)
            await compliance.record_findings(work, proposed, GOOD_FINDINGS)
        labels = [await self._label(labelled), await self._label(doubted)]
        second = await self._propose("rep2", proposed)
        async with self.as_("rep") as work:
            withdrawer = await compliance.propose_withdrawal(
                work, labels[1].id, "It was shown to be wrong afterwards."
            )
        self.rows |= {
            "review_opened": opened, "review_taken": taken, "review_proposed": proposed,
            "review_done": labelled, "label": labels[0].id, "label_code": labels[0].code,
            "label_doubted": labels[1].id, "seconder": self.name_of(second),
            "withdrawer": self.name_of(withdrawer),
        }  # fmt: skip

    async def _propose(self, rep: str, review: Any) -> MemberId:
        async with self.as_(rep) as work:
            return await compliance.propose_conclusion(work, review, GRANT)

    async def _label(self, review: Any) -> Label:
        second = await self._propose("rep", review)
        async with self.as_(self.name_of(second)) as work:
            label_id = await compliance.confirm_conclusion(work, review, ConfirmationIn(agree=True))
            return await work.session.get_one(Label, label_id)

    async def _office(self) -> None:
        owner = self.people["owner"]
        async with begin_work(self.system, SYSTEM) as work:
            dead = OutboxRow(
                id=UUID(int=7), job="core.deliver_mail", ids={}, due_at=work.now,
                asked_at=work.now, attempts=5, failures=5, dead_at=work.now, last_error="boom",
            )  # fmt: skip
            work.session.add(dead)
        self.rows["dead_job"] = UUID(int=7)
        pending = await self.make.bank_account(owner, iban="BE43068999999501")
        self.rows["pending_account"] = pending.id
        async with begin_work(self.system, self.make.actor(owner)) as work:
            await members.change_details(work, DetailsIn(vat_number="BE0403019261"))
            waiting = await my_numbers_waiting(work, owner.id)
        assert waiting is not None
        self.rows["number_change"] = waiting.id
        application = {
            "email": "new@example.org", "password": Factories.PASSWORD, "legal_name": "New One",
            "country": "BE",
        }  # fmt: skip
        answer = await self.http.post("/api/v1/applications", json=application)
        assert answer.status_code == 202, answer.text
        async with self.as_house() as work:
            applicant = await work.session.scalar(
                select(Member.id).where(Member.email == "new@example.org")
            )
        self.rows |= {"applicant": applicant, "away": (await self.make.member()).id}
        async with self.as_("rep") as work:
            await fund.open_evidence(
                work, self.rows["claim_filed"], self.rows["evidence_filed_health"]
            )
        async with self.as_("secretary2") as work:
            grant = await members.request_role(
                work, self.people["other"].id, Role.REP, reason="She was elected.", expires_at=None
            )
        self.rows["grant"] = grant.id
        async with self.as_("owner") as work:
            scopes = frozenset({Permission.CONTRACTS_READ})
            key = await members.make_api_key(work, ApiKeyIn(name="books", scopes=scopes))
        self.rows |= {"key": key.row.id, "key_secret": key.secret}

    async def _sign_in(self) -> None:
        """Real sessions, as the sign-in route makes them."""
        for kind in ("removed", "owner", "other", "juror", *OFFICES, "secretary2", "rep2",
                     "rep3", "treasurer2", "treasurer3"):  # fmt: skip
            self.headers[kind] = await self._session(self.people[kind].email)
        self.headers["anonymous"] = {}
        self.headers["key"] = {"Authorization": f"Bearer {self.rows['key_secret']}"}
        for who in ("secretary", "secretary2"):
            async with self.as_(who) as work:
                await members.remove_member(work, self.people["removed"].id, "She took the till.")

    async def _session(self, email: str) -> dict[str, str]:
        self.http.cookies.clear()
        answer = await self.http.post(
            "/api/v1/session", json={"email": email, "password": Factories.PASSWORD}
        )
        assert answer.status_code == 201, answer.text
        cookie = answer.cookies["guild"]
        return {"Cookie": f"guild={cookie}", "X-CSRF-Token": answer.json()["csrf_token"]}


@asynccontextmanager
async def open_world(
    settings: Settings, data_dir: Path, resources: dict[str, Any]
) -> AsyncIterator[World]:
    """The world in one transaction that never commits; `resources` are shared with other tests."""
    engine = create_async_engine(settings.database_url, pool_size=1, max_overflow=0)
    clock = Clock()
    clock.set(START)
    async with engine.connect() as connection:
        outer = await connection.begin()
        maker = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        own = msgspec.structs.replace(settings, data_dir=data_dir)
        system = features.system_on(own, engine, maker, maker, clock=clock, nested=True)
        system.resources.update(resources)
        async with begin_work(system, SYSTEM) as work:
            await found(work)
        world = World(system, connection, clock)
        try:
            yield await world.build()
        finally:
            await world.http.aclose()
            await outer.rollback()
    await engine.dispose()


__all__ = ["BASE", "FAIR", "GOOD", "KINDS", "OFFICES", "World", "open_world"]
