"""The treasury over HTTP: the whole story by API and by forms, idempotency, strangers, sizes."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from guild.core.permissions import Role
from guild.treasury.rules.camt053 import MAX_BYTES
from tests.camt import Move
from tests.conftest import Clock, SignIn
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import pays, row

API = "/api/v1"
ABSENT = "01a20000-0000-7000-8000-000000000000"


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def send(client: httpx.AsyncClient, file: bytes, **headers: str) -> httpx.Response:
    return await client.post(
        f"{API}/bank-statements",
        content=file,
        headers={"Content-Type": "application/xml", **key(), **headers},
    )


async def ok(answer: httpx.Response) -> Any:
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def test_from_statement_to_payment_over_the_api(desk: Desk, signed_in: SignIn) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    treasurer = await signed_in(desk.treasurers[0])
    file = desk.statement(pays(121_000, invoice, "Proef & Zoon"))
    came = await ok(await send(treasurer, file))
    assert (came["new_entries"], came["suggested"]) == (1, 1)
    assert (await ok(await send(treasurer, file)))["new_entries"] == 0

    listed = await ok(await treasurer.get(f"{API}/bank-entries", params={"state": "open"}))
    entry = listed["items"][0]
    (best,) = await ok(await treasurer.get(f"{API}/bank-entries/{entry['id']}/suggestions"))
    assert best["verdict"] == "sure"

    once = key()
    path, body = f"{API}/bank-entries/{entry['id']}/confirm", {"invoice_id": best["invoice_id"]}
    first = await treasurer.post(path, json=body, headers=once)
    again = await treasurer.post(path, json=body, headers=once)
    assert (await ok(first)) == (await ok(again))
    assert first.json()["paid"] == "1210.00"
    refused = await treasurer.post(path, json=body, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (409, "entry_already_explained")

    books = await ok(await treasurer.get(f"{API}/bank-accounts/{desk.account_id}/reconciliation"))
    assert (books["difference"], books["in_suspense"]) == ("0.00", "0.00")


async def test_a_payout_over_the_api(desk: Desk, signed_in: SignIn, clock: Clock) -> None:
    member, _ = await desk.payee()
    clock.advance(hours=73)
    owner = await signed_in(member)
    asked = await ok(await owner.post(f"{API}/payouts", json={"amount": "910.00"}, headers=key()))
    treasurers = [await signed_in(one) for one in desk.treasurers]
    for one in treasurers[1:]:
        seen = await ok(await one.post(f"{API}/payouts/{asked['id']}/approve", headers=key()))
    assert seen["state"] == "approved"
    batch = await ok(await treasurers[0].post(f"{API}/payment-batches", json={}, headers=key()))
    file = await treasurers[0].get(f"{API}/payment-batches/{batch['id']}/file")
    assert file.headers["content-type"].startswith("application/xml")
    assert "attachment" in file.headers["content-disposition"]
    assert batch["message_id"].encode() in file.content
    done = await ok(
        await treasurers[0].post(f"{API}/payment-batches/{batch['id']}/sent", headers=key())
    )
    assert done["state"] == "sent"
    mine = await ok(await owner.get(f"{API}/me/payouts"))
    assert [one["state"] for one in mine["items"]] == ["ordered"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/bank-accounts"),
        ("POST", "/bank-accounts"),
        ("GET", f"/bank-accounts/{ABSENT}/reconciliation"),
        ("POST", "/bank-statements"),
        ("GET", "/bank-statements"),
        ("GET", "/bank-entries"),
        ("GET", f"/bank-entries/{ABSENT}/suggestions"),
        ("POST", f"/bank-entries/{ABSENT}/confirm"),
        ("POST", f"/bank-entries/{ABSENT}/explain"),
        ("POST", "/payout-runs"),
        ("POST", f"/payouts/{ABSENT}/approve"),
        ("POST", f"/payouts/{ABSENT}/reject"),
        ("POST", "/payment-batches"),
        ("GET", "/payment-batches"),
        ("GET", f"/payment-batches/{ABSENT}/file"),
        ("POST", f"/payment-batches/{ABSENT}/sent"),
    ],
)
async def test_strangers_and_members_are_refused(
    desk: Desk, signed_in: SignIn, http: httpx.AsyncClient, method: str, path: str
) -> None:
    anonymous = await http.request(method, API + path, headers=key())
    assert anonymous.status_code == 401
    member = await signed_in(await desk.make.member(roles=[Role.REP]))
    assert (await member.request(method, API + path, headers=key())).status_code == 403


async def test_anothers_payout_is_absent(desk: Desk, signed_in: SignIn, clock: Clock) -> None:
    member, _ = await desk.payee()
    clock.advance(hours=73)
    asked = await desk.ask(member, "1.00")
    other = await signed_in(await desk.make.member())
    hidden = await other.get(f"{API}/payouts/{asked.id}")
    absent = await other.get(f"{API}/payouts/{uuid4()}")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json()["code"] == absent.json()["code"] == "payout_not_found"


async def test_hostile_and_oversized_bodies_are_refused(desk: Desk, signed_in: SignIn) -> None:
    treasurer = await signed_in(desk.treasurers[0])
    hostile = (
        b'<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>'
    )
    refused = await send(treasurer, hostile)
    assert (refused.status_code, refused.json()["code"]) == (422, "statement_unreadable")
    assert "root:" not in refused.text
    assert (await send(treasurer, b" " * (MAX_BYTES + 2))).status_code == 413
    assert (await send(treasurer, b"")).status_code == 422
    without = await treasurer.post(f"{API}/bank-statements", content=desk.statement())
    assert without.status_code == 400


@pytest.mark.parametrize("amount", ["-1.00", "1e3", "0x10", "1.0000", "1,00", "", "\u0661"])
async def test_amounts_are_decimal_strings(desk: Desk, signed_in: SignIn, amount: str) -> None:
    member = await signed_in(await desk.make.member())
    refused = await member.post(f"{API}/payouts", json={"amount": amount}, headers=key())
    assert refused.status_code in {400, 422}


async def test_an_account_with_a_wrong_iban_or_twice_is_refused(
    desk: Desk, signed_in: SignIn
) -> None:
    treasurer = await signed_in(desk.treasurers[0])
    body = {"name": "Savings", "iban": "BE68539007547035", "opened_on": "2026-11-01"}
    wrong = await treasurer.post(f"{API}/bank-accounts", json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "iban_refused")
    twice = await treasurer.post(
        f"{API}/bank-accounts", json={**body, "iban": "BE71 0961 2345 6769"}
    )
    assert twice.status_code == 409
    made = await treasurer.post(
        f"{API}/bank-accounts",
        json={**body, "iban": "BE68539007547034", "opening_balance": "-12.50"},
    )
    assert Decimal((await ok(made))["statement_balance"]) == Decimal("-12.50")
    assert await desk.wrong() == []


class TestPages:
    """The same by forms, without JavaScript."""

    @staticmethod
    async def form(client: httpx.AsyncClient, path: str, **data: Any) -> httpx.Response:
        return await client.post(path, data=data, follow_redirects=False)

    async def test_the_treasurer_confirms_by_form(self, desk: Desk, signed_in: SignIn) -> None:
        invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
        treasurer = await signed_in(desk.treasurers[0])
        empty = await treasurer.get("/treasury")
        assert "Every entry is explained" in empty.text
        sent = await treasurer.post(
            "/treasury/statements",
            files={"statement": ("s.xml", desk.statement(pays(121_000, invoice, "Proef")))},
            follow_redirects=False,
        )
        assert sent.status_code == 303, sent.text
        page = await treasurer.get("/treasury")
        assert "1 bank entries wait" in page.text or "1 bank entr" in page.text
        entry = (await ok(await treasurer.get(f"{API}/bank-entries")))["items"][0]
        shown = await treasurer.get(f"/treasury/entries/{entry['id']}")
        assert invoice.number is not None
        assert invoice.number in shown.text
        nothing = await self.form(treasurer, f"/treasury/entries/{entry['id']}/confirm")
        assert nothing.status_code == 422
        assert "Error:" in nothing.text
        done = await self.form(
            treasurer, f"/treasury/entries/{entry['id']}/confirm", invoice_id=str(invoice.id)
        )
        assert done.status_code == 303
        after = await treasurer.get(f"/treasury/entries/{entry['id']}")
        assert f"Invoice {invoice.number}" in after.text

    async def test_a_refused_statement_shows_the_desk_again(
        self, desk: Desk, signed_in: SignIn
    ) -> None:
        treasurer = await signed_in(desk.treasurers[0])
        desk.statement(Move(cents=1, reference="lost"))
        sent = await treasurer.post(
            "/treasury/statements", files={"statement": ("s.xml", desk.statement())}
        )
        assert sent.status_code == 409
        assert "Import the missing statements first" in sent.text

    async def test_a_charge_is_explained_by_form(self, desk: Desk, signed_in: SignIn) -> None:
        await desk.bring_in(desk.statement(Move(cents=-1_250, reference="R", text="<b>fee</b>")))
        treasurer = await signed_in(desk.treasurers[0])
        entry = (await ok(await treasurer.get(f"{API}/bank-entries")))["items"][0]
        shown = await treasurer.get(f"/treasury/entries/{entry['id']}")
        assert "<b>fee</b>" not in shown.text
        path = f"/treasury/entries/{entry['id']}/explain"
        assert (await self.form(treasurer, path, kind="nonsense", note="x")).status_code == 422
        done = await self.form(treasurer, path, kind="bank_fees", note="November", client_id="")
        assert done.status_code == 303
        assert await desk.wrong() == []

    async def test_a_member_asks_and_treasurers_pay_by_form(
        self, desk: Desk, signed_in: SignIn, clock: Clock
    ) -> None:
        member, _ = await desk.payee()
        clock.advance(hours=73)
        owner = await signed_in(member)
        assert "€1,000.00 can be paid out to you" in (await owner.get("/money")).text
        much = await self.form(owner, "/money/payouts", amount="1000,01")
        assert much.status_code == 409
        assert "1000,01" in much.text
        assert (await self.form(owner, "/money/payouts", amount="910,00")).status_code == 303
        (asked,) = (await ok(await owner.get(f"{API}/me/payouts")))["items"]
        assert asked["amount"] == "910.00"
        first, second, third = [await signed_in(one) for one in desk.treasurers]
        for one in (first, second):
            path = f"/approvals/payouts/{asked['id']}/approve"
            assert (await self.form(one, path)).status_code == 303
        assert (await self.form(third, path)).status_code == 409
        assert (await self.form(first, "/treasury/batches")).status_code == 303
        page = await first.get("/treasury")
        assert "The bank has this file" in page.text
        (batch,) = await ok(await first.get(f"{API}/payment-batches"))
        assert (await first.get(f"/treasury/batches/{batch['id']}")).content.startswith(b"<?xml")
        sent = await self.form(first, f"/treasury/batches/{batch['id']}/sent")
        assert sent.status_code == 303
        assert "at the bank" in (await owner.get("/money")).text

    async def test_a_member_sees_no_desk(self, desk: Desk, signed_in: SignIn) -> None:
        member = await signed_in(await desk.make.member())
        assert (await member.get("/treasury")).status_code == 403
        assert "No money is on its way yet" in (await member.get("/money")).text

    async def test_run_and_refusal_by_form(
        self, desk: Desk, signed_in: SignIn, clock: Clock
    ) -> None:
        await desk.payee(5_000)
        clock.advance(hours=73)
        treasurer = await signed_in(desk.treasurers[0])
        assert (await self.form(treasurer, "/treasury/payout-runs")).status_code == 303
        assert (await self.form(treasurer, "/treasury/payout-runs")).status_code == 409
        (asked,) = (await ok(await treasurer.get(f"{API}/payouts")))["items"]
        path = f"/approvals/payouts/{asked['id']}/reject"
        assert (await self.form(treasurer, path, reason="")).status_code == 422
        assert (await self.form(treasurer, path, reason="Wrong month")).status_code == 303
        assert await desk.wrong() == []
