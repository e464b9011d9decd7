"""A member enters or changes what her documents say of her, after she has joined."""

import re
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from guild.invoicing import commands as invoicing
from guild.invoicing.queries.documents import frozen_invoice
from guild.members import queries
from guild.members.models import MemberDetailChange

FORM = {
    "vat_number": "BE 0403.019.261", "enterprise_number": "", "street": "Meir 1",
    "postcode": "2000", "city": "Antwerpen",
}  # fmt: skip


async def _changes(system: Any) -> list[tuple[str, str, str]]:
    async with begin_work(system, SYSTEM) as work:
        rows = await work.session.scalars(
            select(MemberDetailChange).order_by(MemberDetailChange.field, MemberDetailChange.id)
        )
        return [(row.field, row.before, row.after) for row in rows]


async def test_she_enters_her_number_on_the_page_and_can_then_sign_the_mandate(
    make: Any, signed_in: Any, system: Any
) -> None:
    mira = await make.member(street=None, postcode=None, city=None)
    browser = await signed_in(mira)
    page = await browser.get("/me")
    assert 'action="/me/details"' in page.text
    sign = {"typed_name": mira.legal_name, "terms_version": "1", "period": "payout"}
    refused = await browser.post("/self-billing/sign", data=sign)
    assert "on the page of your account" in refused.text
    sent = await browser.post("/me/details", data=FORM)
    assert (sent.status_code, sent.headers["location"]) == (303, "/me#who")
    page = (await browser.get("/me")).text
    for value in ("BE0403019261", "0403019261", "Meir 1", "2000", "Antwerpen"):
        assert f'value="{value}"' in page
    assert "wait for a second person" in page
    assert (await browser.post("/self-billing/sign", data=sign)).status_code != 303
    desk = await signed_in(await make.member(roles=[Role.SECRETARY]))
    shown = (await desk.get("/office")).text
    assert "BE0403019261" in shown
    (path,) = re.findall(r'action="(/office/numbers/[^"]+)"', shown)
    assert (await browser.post(path, data={"answer": "approve"})).status_code == 403
    assert (await desk.post(path, data={"answer": "approve"})).status_code == 303
    assert (await desk.post(path, data={"answer": "approve"})).status_code == 409
    assert "wait for a second person" not in (await browser.get("/me")).text
    signed = await browser.post("/self-billing/sign", data=sign)
    assert signed.status_code == 303, signed.text
    subjects = [one.subject for one in await make.letters() if one.to == mira.email]
    assert [one for one in subjects if "numbers" in one or "details" in one] == [
        "New numbers were asked for", "Your details were changed", "Your numbers were approved",
    ]  # fmt: skip
    assert await _changes(system) == [
        ("city", "", "Antwerpen"), ("enterprise_number", "", "0403019261"),
        ("postcode", "", "2000"), ("street", "", "Meir 1"), ("vat_number", "", "BE0403019261"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"vat_number": "BE0403019262"}, "vat_number"),
        ({"vat_number": "FR83404833048"}, "vat_number"),
        ({"enterprise_number": "0403019262"}, "enterprise_number"),
        ({"enterprise_number": "0417497106"}, "enterprise_number"),
        ({"street": "A\u0000B"}, "street"),
    ],
)
async def test_a_wrong_number_is_refused_beside_its_field_and_nothing_is_changed(
    make: Any, signed_in: Any, system: Any, wrong: dict[str, str], field: str
) -> None:
    browser = await signed_in(await make.member())
    answer = await browser.post("/me/details", data={**FORM, **wrong, "vat_exempt": "yes"})
    assert answer.status_code in {400, 422}
    assert f'id="{field}-why"' in answer.text
    assert 'value="Antwerpen"' in answer.text
    assert await _changes(system) == []
    said = {name: value for name, value in {**FORM, **wrong}.items() if value}
    answer = await browser.patch("/api/v1/me", json=said)
    assert answer.status_code in {400, 422}
    assert answer.json()["field"] == field
    assert await _changes(system) == []


async def test_by_the_api_what_is_left_out_stays_and_null_takes_away(
    make: Any, signed_in: Any, system: Any
) -> None:
    mira = await make.member(vat_number="BE0403019261")
    api, desk = await signed_in(mira), await signed_in(await make.member(roles=[Role.TREASURER]))

    async def agree() -> dict[str, Any]:
        (one,) = (await desk.get("/api/v1/number-changes")).json()
        answer = await desk.post(f"/api/v1/number-changes/{one['id']}/approve")
        assert (answer.status_code, answer.json()["state"]) == (200, "approved")
        shown: dict[str, Any] = (await api.get("/api/v1/me")).json()
        assert shown["numbers_waiting"] is None
        return shown

    asked = (await api.patch("/api/v1/me", json={"vat_number": "BE0417497106"})).json()
    assert (asked["vat_number"], asked["enterprise_number"]) == ("BE0403019261", "0403019261")
    assert asked["numbers_waiting"]["vat_number"] == "BE0417497106"
    other = await agree()
    assert (other["vat_number"], other["enterprise_number"]) == ("BE0417497106", "0417497106")
    exempt = (await api.patch("/api/v1/me", json={"vat_exempt": True})).json()
    assert (exempt["vat_exempt"], exempt["vat_number"]) == (True, "BE0417497106")
    await api.patch("/api/v1/me", json={"vat_number": None})
    gone = await agree()
    assert (gone["vat_number"], gone["enterprise_number"]) == (None, "0417497106")
    before = await _changes(system)
    assert (await api.patch("/api/v1/me", json={})).status_code == 200
    assert await _changes(system) == before
    unknown = await api.patch("/api/v1/me", json={"legal_name": "Somebody Else"})
    assert unknown.status_code == 400
    export = (await api.get("/api/v1/me/export")).json()
    assert [one["field"] for one in export["detail_changes"]].count("vat_number") == 2
    async with begin_work(system, SYSTEM) as work:
        assert [b for check in queries.INVARIANTS for b in await check(work.session)] == []


async def test_a_wish_for_a_number_is_replaced_taken_back_and_refused(
    make: Any, signed_in: Any, system: Any
) -> None:
    mira = await make.member(vat_number="BE0403019261", roles=[Role.TREASURER])
    rival = await make.member(vat_number="BE0417497106")
    api, desk = await signed_in(mira), await signed_in(await make.member(roles=[Role.SECRETARY]))
    for wished in ("BE0404616494", "BE0417497106", "BE0417497106"):
        await api.patch("/api/v1/me", json={"vat_number": wished})
    assert (await api.get("/api/v1/number-changes")).json() == []  # never her own
    (one,) = (await desk.get("/api/v1/number-changes")).json()
    assert (one["vat_number"], one["also_used_by_others"]) == (rival.vat_number, True)
    path = f"/api/v1/number-changes/{one['id']}"
    own = await api.post(f"{path}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "own_case")
    no = await desk.post(f"{path}/reject", json={"reason": "It is another member's"})
    assert (no.status_code, no.json()["state"]) == (200, "rejected")
    assert (await desk.post(f"{path}/approve")).status_code == 409
    absent = await desk.post(f"/api/v1/number-changes/{mira.id}/approve")
    assert (absent.status_code, absent.json()["code"]) == (404, "number_change_not_found")
    await api.patch("/api/v1/me", json={"vat_number": "BE0404616494"})
    await api.patch("/api/v1/me", json={"city": "Gent"})  # says nothing of numbers
    assert len((await desk.get("/api/v1/number-changes")).json()) == 1
    back = (await api.patch("/api/v1/me", json={"vat_number": "BE0403019261"})).json()
    assert (back["numbers_waiting"], back["vat_number"]) == (None, "BE0403019261")
    assert any("another member's" in letter.text for letter in await make.letters())
    assert [one[0] for one in await _changes(system)] == ["city"]
    # The database takes no number that nobody agreed to.
    said = "INSERT INTO member_detail_change SELECT gen_random_uuid(), id, 'vat_number', 'x', 'y', "
    change = "UPDATE member_number_change SET "
    for sql in (
        said + "id, now() FROM member WHERE id = :id",
        change + "state = 'approved', decided_by = member_id, decided_at = now()",
        change + "vat_number = 'BE0404616494'",
        "DELETE FROM member_number_change",
    ):
        with pytest.raises(DBAPIError):
            async with begin_work(system, SYSTEM) as work:
                await work.session.execute(text(sql), {"id": mira.id} if ":id" in sql else {})


async def test_issued_documents_keep_what_was_true(make: Any, signed_in: Any, system: Any) -> None:
    mira = await make.member()
    client = await make.organisation(mira, vat_number="BE0403019261")
    issued = await make.issued_invoice(mira, client)
    drafted = await make.drafted_invoice(mira, client)
    api = await signed_in(mira)
    assert (await api.patch("/api/v1/me", json={"vat_exempt": True})).status_code == 200
    async with begin_work(system, SYSTEM) as work:
        await invoicing.issue_invoice(work, drafted)
    async with begin_work(system, SYSTEM) as work:
        first = (await frozen_invoice(work, issued)).frozen
        second = (await frozen_invoice(work, drafted)).frozen
    assert (first.vat_minor, second.vat_minor) == (21_000, 0)


async def test_the_history_cannot_be_rewritten(make: Any, signed_in: Any, system: Any) -> None:
    mira = await make.member()
    api = await signed_in(mira)
    await api.patch("/api/v1/me", json={"city": "Gent"})
    for sql in ("UPDATE member_detail_change SET after = 'x'", "DELETE FROM member_detail_change"):
        with pytest.raises(DBAPIError):
            async with begin_work(system, SYSTEM) as work:
                await work.session.execute(text(sql))
    async with begin_work(system, SYSTEM) as work:
        await work.session.execute(
            text("UPDATE member SET city = 'Lier' WHERE id = :id"), {"id": mira.id}
        )
        broken = [b for check in queries.INVARIANTS for b in await check(work.session)]
    assert broken == [f"member {mira.id}: city is not what it was last changed to"]
