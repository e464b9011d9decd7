"""Bank accounts: sealed, decided by a second person, cooling off; by API and by raw SQL."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from guild.core.crypto import SealBroken
from guild.core.errors import Forbidden, IllegalMove
from guild.core.mail import Mail, read_letter
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from guild.members import commands, queries
from guild.members.errors import AlreadyKnown, IbanInvalid, OwnCase
from guild.members.models import BankAccount
from guild.members.rules.numbers import check_iban
from guild.members.schemas import BankAccountIn
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.members.test_people import breaches, refused

FIRST = "BE68 5390 0754 7034"
OTHER = "NL91 ABNA 0417 1643 00"
MINE = "/api/v1/me/bank-accounts"


async def mails_to(system: System, email: str) -> list[str]:
    async with begin_work(system, SYSTEM) as work:
        letters = [read_letter(work, m) for m in await work.session.scalars(select(Mail))]
    return [letter.subject for letter in letters if letter.to == email]


async def test_request_approve_and_use(
    make: Factories, signed_in: Any, system: System, as_: As
) -> None:
    treasurer = await make.member(roles=[Role.TREASURER])
    mira = await make.member()
    owner, second = await signed_in(mira), await signed_in(treasurer)
    asked = await owner.post(MINE, json={"iban": FIRST, "holder": "Mira Halloran"})
    assert asked.status_code == 201, asked.text
    assert asked.json()["iban_last4"] == "7034"
    assert "53900754" not in asked.text.replace(" ", "")
    assert "A new bank account was entered" in await mails_to(system, mira.email)
    (waiting,) = (await second.get("/api/v1/bank-account-changes")).json()
    done = await second.post(f"/api/v1/bank-account-changes/{waiting['id']}/approve")
    assert done.status_code == 200, done.text
    assert done.json()["state"] == "approved"
    assert done.json()["usable_from"] == done.json()["decided_at"], "a first one has no delay"
    async with as_() as work:
        account = await queries.usable_account(work, mira.id)
        assert account is not None
        assert account.iban(work.keyring) == "BE68539007547034"
        assert account.charter_version == 1
    assert await breaches(system) == []


async def test_a_changed_account_cools_off(
    make: Factories, as_: As, clock: Clock, system: System
) -> None:
    treasurer = await make.member(roles=[Role.TREASURER])
    mira = await make.member()
    old = await make.bank_account(mira, approver=treasurer, iban=FIRST)
    new = await make.bank_account(mira, approver=treasurer, iban=OTHER)
    assert new.usable_from == clock.moment + timedelta(hours=72)
    async with as_() as work:
        assert (await work.session.get_one(BankAccount, old.id)).state == "superseded"
        assert await queries.usable_account(work, mira.id) is None, "nothing is paid meanwhile"
    clock.advance(hours=71, minutes=59)
    async with as_() as work:
        assert await queries.usable_account(work, mira.id) is None
    clock.advance(minutes=1)
    async with as_() as work:
        usable = await queries.usable_account(work, mira.id)
        assert usable is not None
        assert usable.id == new.id
    assert await breaches(system) == []


async def test_an_approved_account_can_still_be_stopped(make: Factories, as_: As) -> None:
    treasurer, secretary = (
        await make.member(roles=[Role.TREASURER]),
        await make.member(roles=[Role.SECRETARY]),
    )
    mira = await make.member()
    account = await make.bank_account(mira, approver=treasurer)
    async with as_(make.actor(secretary)) as work:
        await commands.reject_bank_account(work, account.id, "She says that it was not her")
        assert await queries.usable_account(work, mira.id) is None
        with pytest.raises(IllegalMove):
            await commands.approve_bank_account(work, account.id)


async def test_nobody_approves_her_own(make: Factories, as_: As, signed_in: Any) -> None:
    treasurer = await make.member(roles=[Role.TREASURER, Role.SECRETARY])
    mira = await make.member()
    account = await make.bank_account(treasurer)
    async with as_(make.actor(treasurer)) as work:
        assert await queries.bank_accounts_waiting(work) == []
        with pytest.raises(OwnCase):
            await commands.approve_bank_account(work, account.id)
    async with as_(make.actor(mira)) as work:
        with pytest.raises(Forbidden):
            await commands.approve_bank_account(work, account.id)
    client = await signed_in(treasurer)
    answer = await client.post(f"/api/v1/bank-account-changes/{account.id}/approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "own_case")


async def test_database_refuses_self_approval(make: Factories, as_: As) -> None:
    mira, left = await make.member(), await make.member()
    account = await make.bank_account(mira)
    async with as_(make.actor(left)) as work:
        await commands.resign(work, left.id)
    approve = (
        "UPDATE bank_account SET state = 'approved', decided_by = :by, decided_at = now(), "
        "usable_from = now() WHERE id = :id"
    )
    async with as_() as work:
        s = work.session
        assert await refused(s, approve, by=mira.id, id=account.id) in {"42501", "23514"}
        assert await refused(s, approve, by=None, id=account.id) in {"42501", "23514"}
        assert await refused(s, approve, by=left.id, id=account.id) == "42501"


async def test_database_refuses_to_shorten_swap_or_insert(make: Factories, as_: As) -> None:
    treasurer = await make.member(roles=[Role.TREASURER])
    mira, thief = await make.member(), await make.member()
    await make.bank_account(mira, approver=treasurer)
    account = await make.bank_account(mira, approver=treasurer, iban=OTHER)
    async with as_() as work:
        for change in (
            "usable_from = now() - interval '1 day'",
            "usable_from = NULL",
            "iban_index = 'x'",
            "iban_last4 = '0000'",
            "holder = 'Thief'",
            f"member_id = '{thief.id}'",
            "decided_at = now()",
        ):
            sql = f"UPDATE bank_account SET {change} WHERE id = :id"
            assert await refused(work.session, sql, id=account.id) == "42501", change
        insert = (
            "INSERT INTO bank_account SELECT gen_random_uuid(), :t, holder, iban_sealed, "
            "iban_index, iban_last4, iban_country, bic, state, :t, requested_at, decided_by, "
            "decided_at, decision_reason, usable_from, charter_version "
            "FROM bank_account WHERE id = :id"
        )
        assert await refused(work.session, insert, t=thief.id, id=account.id) == "42501"
        assert await refused(work.session, "DELETE FROM bank_account") in {"55000", "42501"}


async def test_a_seal_moved_to_another_row_does_not_open(make: Factories, as_: As) -> None:
    mira, thief = await make.member(), await make.member()
    await make.bank_account(mira)
    stolen = await make.bank_account(thief, iban=OTHER)
    async with as_() as work:
        await work.session.execute(
            text(
                "UPDATE bank_account SET iban_sealed = (SELECT iban_sealed FROM bank_account "
                "WHERE id <> :id) WHERE id = :id"
            ),
            {"id": stolen.id},
        )
        row = await work.session.get_one(BankAccount, stolen.id)
        with pytest.raises(SealBroken):
            row.iban(work.keyring)


async def test_the_number_stands_nowhere_in_clear(make: Factories, as_: As) -> None:
    """A canary: neither the row, the events, the jobs nor the mails hold the IBAN."""
    mira = await make.member()
    await make.bank_account(mira)
    needles = ["BE68539007547034", "539007547034", b"BE68539007547034".hex()]
    async with as_() as work:
        tables = list(
            await work.session.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
        )
        for table in tables:
            rows = (await work.session.execute(text(f'SELECT t::text FROM "{table}" t'))).scalars()
            for row in rows:
                assert not any(needle in row for needle in needles), table


async def test_equal_numbers_of_two_members_are_shown_to_who_decides(
    make: Factories, as_: As
) -> None:
    treasurer = await make.member(roles=[Role.TREASURER])
    mira, jonas = await make.member(), await make.member()
    await make.bank_account(mira)
    await make.bank_account(jonas)
    async with as_(make.actor(treasurer)) as work:
        assert [a.also_used_by_others for a in await queries.bank_accounts_waiting(work)] == [
            True,
            True,
        ]
    async with as_(make.actor(mira)) as work:
        assert [a.also_used_by_others for a in await queries.my_bank_accounts(work)] == [False]


async def test_one_request_waits_at_a_time(make: Factories, as_: As) -> None:
    mira = await make.member()
    first = await make.bank_account(mira)
    async with as_(make.actor(mira)) as work:
        with pytest.raises(AlreadyKnown):
            await commands.request_bank_account(work, BankAccountIn(iban=FIRST, holder="M"))
    await make.bank_account(mira, iban=OTHER)
    async with as_() as work:
        assert (await work.session.get_one(BankAccount, first.id)).state == "superseded"


@pytest.mark.parametrize(
    ("iban", "says"),
    [
        ("BE68539007547035", "check digits"),
        ("BE6853900754703", "number of characters"),
        ("ZZ68539007547034", "country"),
        ("FR1420041010050500013M02607", "check digits"),
        ("BE62510007547061X", "number of characters"),
        ("DE8937040044053201300A", "form"),
        ("B" * 43, "at most"),
    ],
)
def test_wrong_ibans_are_explained(iban: str, says: str) -> None:
    with pytest.raises(IbanInvalid, match=says):
        check_iban(iban)


def test_national_check_digits_count() -> None:
    """The international checksum fits, the Belgian one does not."""
    with pytest.raises(IbanInvalid):
        check_iban("BE41539007547035")


async def test_export_shows_the_owner_her_number(make: Factories, signed_in: Any) -> None:
    mira = await make.member()
    await make.bank_account(mira)
    client: httpx.AsyncClient = await signed_in(mira)
    answer = await client.get("/api/v1/me/export")
    assert answer.headers["cache-control"] == "no-store"
    data = answer.json()
    assert data["bank_accounts"][0]["iban"] == "BE68539007547034"
    assert data["member"]["email"] == mira.email
    assert "argon2" not in answer.text
