"""A member enters or changes what her documents say of her, after she has joined."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.core.permissions import SYSTEM
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
    signed = await browser.post("/self-billing/sign", data=sign)
    assert signed.status_code == 303, signed.text
    letter = next(one for one in await make.letters() if "details were changed" in one.subject)
    assert "VAT number: BE0403019261" in letter.text
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
    api = await signed_in(await make.member(vat_number="BE0403019261"))
    other = (await api.patch("/api/v1/me", json={"vat_number": "BE0417497106"})).json()
    assert (other["vat_number"], other["enterprise_number"]) == ("BE0417497106", "0417497106")
    exempt = (await api.patch("/api/v1/me", json={"vat_exempt": True})).json()
    assert (exempt["vat_exempt"], exempt["vat_number"]) == (True, "BE0417497106")
    gone = (await api.patch("/api/v1/me", json={"vat_number": None})).json()
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
