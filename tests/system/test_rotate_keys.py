"""Changing the keys of the house: afterwards nothing needs the old one, and look-ups still find."""

import argparse
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from guild import features
from guild.cli import keeping
from guild.compliance import commands as compliance
from guild.compliance.schemas import ConfirmationIn
from guild.core.crypto import SealBroken
from guild.core.db import Base
from guild.core.ids import OrganisationId, new_id
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.permissions import SYSTEM, Actor
from guild.core.sealed import SealedColumn, reseal
from guild.core.settings import Settings
from guild.core.work import System, Work, begin_work
from guild.exchange import commands as exchange
from guild.members.models import SEALED_IBAN, BankAccount, Member
from guild.treasury import commands as treasury
from guild.treasury.commands.orders import order_refund
from guild.treasury.models import BankEntry, PaymentBatch
from guild.treasury.schemas import BatchIn, ExplainIn, MandateIn
from guild.webhooks import commands as webhooks
from guild.webhooks.schemas import WebhookIn
from tests.camt import Move
from tests.camt054 import camt054
from tests.factories import Factories
from tests.features.compliance.scene import GOOD, GRANT, rep, sent
from tests.features.exchange import papers
from tests.features.mutual_fund.court import Court
from tests.features.treasury.conftest import COOP_IBAN, Desk
from tests.features.treasury.test_status_reports import report

OLD, NEW = b"o" * 32, b"n" * 32
PAYER = "BE68539007547034"


def under(system: System, secrets: dict[int, bytes], index_key: bytes = b"") -> System:
    """The same installation, started again with other secrets."""
    settings = msgspec.structs.replace(system.settings, secrets=secrets, index_key=index_key)
    return features.system_on(
        settings, system.engine, system.sessions, system.readers, clock=system.clock
    )


async def reviewed(make: Factories) -> None:
    """A concluded review with a private note, which no longer changes."""
    member, first, second = await make.member(), await rep(make), await rep(make)
    contract = await sent(make, member)

    def by(person: Member) -> Any:
        return begin_work(make.system, make.actor(person))

    async with by(member) as work:
        review_id = await compliance.open_review(work, contract.id)
    async with by(first) as work:
        await compliance.take_review(work, review_id)
    async with by(first) as work:
        await compliance.record_findings(work, review_id, GOOD)
    async with by(first) as work:
        await compliance.propose_conclusion(work, review_id, GRANT)
    async with by(second) as work:
        await compliance.confirm_conclusion(work, review_id, ConfirmationIn(agree=True, because=""))


async def banked(system: System, make: Factories) -> Desk:
    """A statement with an entry that is explained, and a payment file."""
    desk = await Desk(system, make).open()
    await desk.bring_in(desk.statement(Move(cents=777, reference="R1", name="A", iban=PAYER)))
    client = await make.organisation(await make.member())
    async with begin_work(system, desk.treasurer()) as work:
        entry = await work.session.scalar(select(BankEntry))
        assert entry is not None
        said = ExplainIn(kind="client_credit", client_id=OrganisationId(client.id), note="Advance")
        await treasury.explain_entry(work, entry.id, said)
        await order_refund(
            work, organisation_id=said.client_id, refund_id=new_id(), amount=Money(777, "EUR"),
            entry_id=entry.id, requested_by=work.actor.member_id, concerns=work.actor.member_id,
            text="Paid in advance",
        )  # fmt: skip
    payee, _ = await desk.payee()
    await desk.approve(await desk.ask(payee, "300.00"))
    async with begin_work(system, desk.treasurer()) as work:
        await treasury.make_payment_batch(work, BatchIn())
    return desk


async def reported(system: System, make: Factories, desk: Desk) -> None:
    """What else a bank and a client leave: a status report, a mandate, a notice, a kept file."""
    async with begin_work(system, desk.treasurer()) as work:
        (batch,) = list(await work.session.scalars(select(PaymentBatch)))
        await treasury.import_status_report(work, report(batch.id.hex, {}, group="ACCP"))
        await treasury.keep_upload(work, b"Date;Amount", "bank.csv")
    client = await make.organisation(await make.member())
    async with begin_work(system, desk.treasurer()) as work:
        await treasury.enter_mandate(
            work,
            MandateIn(
                organisation_id=client.id, reference="M-1", signed_on=date(2026, 10, 1),
                holder="Voorbeeld bv", iban="BE68 5390 0754 7034",
            ),
        )  # fmt: skip
    parts = [Move(cents=1_000, reference="B1", name="A", iban=PAYER, text="one")]
    batch_entry = Move(cents=1_000, reference="B1", parts=parts)
    await desk.bring_in(camt054(iban=COOP_IBAN, batch=batch_entry, day=desk.day))


async def subscribed(system: System, make: Factories) -> None:
    """A webhook with its secret and the one before it, and a supplier's invoice with an account."""
    member = make.actor(await make.member())
    async with begin_work(system, member) as work:
        wanted = WebhookIn(name="Books", url="http://127.0.0.1:9/in", kinds=("InvoiceIssued",))
        hook = await webhooks.add_webhook(work, wanted)
        await webhooks.renew_secret(work, hook.row.id)
        await exchange.upload(work, papers.pdf_with(("factur-x.xml", papers.cii())))


async def filled(system: System, clock: Any) -> None:
    """At least one value in every sealed column."""
    make = Factories(system)

    @asynccontextmanager
    async def as_(actor: Actor = SYSTEM) -> AsyncIterator[Work]:
        async with begin_work(system, actor) as work:
            yield work

    await reviewed(make)
    court = Court(as_, make)
    await court.open(pot_minor=0)
    await court.file()
    treasurer = await make.member(roles=["treasurer"])
    await make.bank_account(await make.member(), approver=treasurer)
    clock.advance(days=4)
    desk = await banked(system, make)
    await reported(system, make, desk)
    await subscribed(system, make)
    async with begin_work(system, SYSTEM) as work:
        send_mail(work, to="a@b.example", subject="Hello", text="Words", reason="You asked.")


async def values(system: System, sealed: SealedColumn) -> list[tuple[Any, bytes]]:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        rows = await work.session.execute(
            select(sealed.key, sealed.column).where(sealed.column.is_not(None))
        )
        return [(key, value) for key, value in rows]


async def opened(system: System) -> dict[str, dict[Any, bytes]]:
    """Everything sealed, in clear, by column and row."""
    return {
        sealed.name: {
            key: system.keyring.open(value, context=sealed.context(key))
            for key, value in await values(system, sealed)
        }
        for sealed in features.SEALED
    }


@pytest.mark.slow
async def test_after_the_rotation_the_old_key_can_be_dropped(
    committing: System, clock: Any
) -> None:
    before = under(committing, {1: OLD})
    await filled(before, clock)
    told = await opened(before)
    assert [name for name, held in told.items() if not held] == [], "a value to lose everywhere"

    both = under(committing, {1: OLD, 2: NEW})
    renewed: dict[str, int] = {}
    async for column, number in features.rotate_keys(both):
        renewed[column] = renewed.get(column, 0) + number
    assert renewed == {column: len(rows) for column, rows in told.items()}
    assert [n async for _, n in features.rotate_keys(both) if n] == [], "a second run finds nothing"

    after = under(committing, {2: NEW}, both.settings.blind_index_key)
    assert await opened(after) == told
    with pytest.raises(SealBroken):
        await opened(before)
    async with begin_work(after, SYSTEM, read_only=True) as work:
        assert not any((await features.broken_invariants(work)).values())
        for account in await work.session.scalars(select(BankAccount)):
            index = work.keyring.blind_index(
                account.iban(work.keyring), purpose="bank_account.iban"
            )
            assert index == account.iban_index, "equal numbers still find each other"


async def test_what_no_key_opens_stops_the_rotation_by_name(committing: System) -> None:
    before = under(committing, {1: OLD})
    make = Factories(before)
    await make.bank_account(await make.member())
    without_old = under(committing, {2: NEW})
    with pytest.raises(SealBroken, match=r"bank_account\.iban"):
        async for _ in reseal(without_old, SEALED_IBAN):
            pass
    assert await values(without_old, SEALED_IBAN) == await values(before, SEALED_IBAN)


async def test_batches_reach_every_row(committing: System, monkeypatch: Any) -> None:
    before = under(committing, {1: OLD})
    make = Factories(before)
    for _ in range(5):
        await make.bank_account(await make.member())
    monkeypatch.setattr(SEALED_IBAN, "batch", 2)
    both = under(committing, {1: OLD, 2: NEW})
    assert [number async for number in reseal(both, SEALED_IBAN)] == [2, 2, 1]
    assert all(both.keyring.is_current(value) for _, value in await values(both, SEALED_IBAN))


def test_every_sealed_column_is_declared() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    assert {column.name for column in features.SEALED} == sealed


def test_contexts_differ_so_that_no_value_fits_another_column() -> None:
    of_one = {column.context(UUID(int=7)) for column in features.SEALED if column.batch > 10}
    assert len(of_one) == len([column for column in features.SEALED if column.batch > 10])


def test_the_index_key_is_printed_for_the_day_that_key_1_goes(capsys: Any) -> None:
    settings = Settings(secrets={1: OLD, 2: NEW})
    assert keeping.rotate_keys(settings, argparse.Namespace(index_key=True)) == 0
    printed = b64decode(capsys.readouterr().out)
    alone = Settings(secrets={2: NEW}, index_key=printed)
    assert alone.blind_index_key == settings.blind_index_key
    assert Settings(secrets={2: NEW}).blind_index_key != settings.blind_index_key
