"""Rows of what goes on around contracts: rates, a calendar, the talk about an offer, disputes in
the browser, and what was erased."""

from typing import Any

from guild.contracts import commands
from guild.contracts.schemas import WithdrawIn
from guild.contracts.schemas.ending import CaseAnswerIn, CaseIn
from guild.contracts.schemas.rates import RateIn
from guild.core.work import begin_work

HOURS = 24 * 30
CASE = {"matter": "delivery", "text": "The colours are not those of the sample."}
TALK = {"clause": "kill_fee", "text": "Could it be ten per cent?"}
RATE = {"role": "Translator", "unit": "hour", "rate": "70.00"}
TABLE = "role;unit;rate\nEditor;hour;65.00\n"
MAPPING = {"mapping.role": "role", "mapping.unit": "unit", "mapping.rate": "rate"}
FIRST_LINKS = (("/cases/{case_id}/withdraw", ("kept_a", "other_delivery", "offer")),)
LAST_LINKS = (
    ("/cases/", ("kept_b", "other_delivery", "offer")),
    ("/cases", ("delivery", "other_delivery", "offer")),
)


async def make_kept(world: Any) -> None:
    """Mira's rate and calendar, two drafts that she took back (one is erased), and four contracts:
    disputed by the client, by her, by nobody, and one whose dispute is answered."""
    owner, rows = world.people["owner"], world.rows
    client = await world._client()
    async with world.as_("owner") as work:
        rows["rate"] = (await commands.add_rate(work, RateIn(**RATE | {"role": "Poet"}))).id
        _, rows["calendar_token"] = await commands.make_calendar_feed(work)
    for name in ("taken_back", "erased"):
        rows[name] = (await world.make.contract(owner, client, title="Taken back")).id
        async with world.as_("owner") as work:
            await commands.withdraw_contract(work, rows[name], WithdrawIn())
    async with world.as_("owner") as work:
        await commands.erase_contract(work, rows["erased"])
    for name in ("kept_a", "kept_b", "kept_c", "kept_d"):
        contract = await world.make.signed_contract(owner, client, title=f"Prints, {name}")
        rows[name] = contract.id
        world.links[name] = await world.make.link(
            contract.contact_id, contract.id, purpose="delivery", hours=HOURS
        )
        if name in ("kept_a", "kept_d"):
            client_of = await world.make.client_of(contract, "delivery")
            async with begin_work(world.system, client_of) as work:
                rows[f"case_{name}"] = (await commands.open_case(work, None, CaseIn(**CASE))).id
    async with world.as_("owner") as work:
        made = await commands.open_case(work, rows["kept_b"], CaseIn(**CASE))
        rows["case_kept_b"] = made.id
        await commands.answer_case(work, rows["case_kept_d"], CaseAnswerIn(text="They are."))
    talked = await world.make.sent_contract(owner, client, title="Prints, talked about")
    rows["talked"] = talked.id
    rows["thread_token"] = await world.make.link(
        talked.contact_id, talked.id, purpose="thread", hours=HOURS
    )


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """How these doors are asked."""
    table = {"data": {"csv": TABLE, "do": "look", **MAPPING}}
    file = {"files": {"file": ("rates.csv", TABLE.encode(), "text/csv")}}
    erase = {"path": {"contract_id": rows["taken_back"]}}
    talk = {"contract_id": rows["talked"]}
    answered = {"case_id": rows.get("case_amended", rows["case_kept_b"])}
    decided = {"outcome": "for_member", "reasons": "They match."}
    return {
        "GET /calendar/{name}": {"path": {"name": f"{rows['calendar_token']}.ics"}},
        "GET /threads/{token}": {"path": {"token": rows["thread_token"]}},
        "POST /threads/{token}": {"path": {"token": rows["thread_token"]}, "data": {}},
        "DELETE /api/v1/rates/{rate_id}": {"path": {"rate_id": rows["rate"]}},
        "POST /rates/{rate_id}/remove": {"path": {"rate_id": rows["rate"]}, "data": {}},
        "POST /rates": {"data": RATE},
        "POST /rates/import": file,
        "POST /rates/import/rows": table,
        "POST /api/v1/contracts/{contract_id}/erasure": erase,
        "POST /contracts/{contract_id}/erasure": {**erase, "data": {}},
        "GET /api/v1/contract-erasures/{contract_id}": {"path": {"contract_id": rows["erased"]}},
        "POST /api/v1/contracts/{contract_id}/thread": {"path": talk, "json": TALK},
        "POST /contracts/{contract_id}/thread": {"path": talk, "data": TALK},
        "POST /api/v1/offer/thread": {"json": {"text": "What about Friday?"}},
        "POST /offer/thread": {"data": {"text": "What about Friday?", "do": "say"}},
        "POST /contracts/{contract_id}/cases": {
            "path": {"contract_id": rows["kept_c"]}, "data": CASE},
        "POST /contract-cases/{case_id}/answer": {
            "path": {"case_id": rows["case_kept_a"]}, "data": {"text": "They are."}},
        "POST /contract-cases/{case_id}/withdraw": {
            "path": {"case_id": rows["case_kept_b"]}, "data": {}},
        "POST /contract-cases/{case_id}/decision": {
            "path": {"case_id": rows["case_kept_d"]}, "data": decided},
        "POST /cases": {"data": CASE},
        "POST /cases/{case_id}/answer": {"path": answered, "data": {"text": "They are."}},
        "POST /cases/{case_id}/withdraw": {
            "path": {"case_id": rows["case_kept_a"]}, "data": {}},
        "POST /api/v1/cases/{case_id}/withdraw": {"path": {"case_id": rows["case_kept_a"]}},
    }  # fmt: skip
