"""The database keeps what was performed, approved, ended and decided, whoever writes to it."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.contracts import commands
from guild.contracts.models import (
    CASE_LIFECYCLE,
    ENDING_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    TIME_SHEET_LIFECYCLE,
)
from guild.contracts.schemas import DeliveryChangesIn, TerminateIn
from guild.contracts.schemas.drafting import TimeIn as DealTimeIn
from guild.contracts.schemas.ending import CaseDecisionIn, CaseIn
from guild.contracts.schemas.performing import ApproveSheetIn, CostIn, SheetIn, TimeIn
from tests.features.contracts.test_working import PDF, TODAY

MOVES = {
    "milestone": MILESTONE_LIFECYCLE,
    "time_sheet": TIME_SHEET_LIFECYCLE,
    "contract_ending": ENDING_LIFECYCLE,
    "contract_case": CASE_LIFECYCLE,
}
NEW = "'00000000-0000-7000-8000-00000000000a'"


def copy(table: str, **changed: str) -> str:
    """Insert a copy of a row with these columns changed."""
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    return f"""INSERT INTO {table}
               SELECT (jsonb_populate_record(t, jsonb_build_object({pairs}))).*
                 FROM {table} t ORDER BY 1 LIMIT 1"""


ATTACKS = {
    # deliveries
    "another note": "UPDATE delivery SET note = 'x'",
    "more days to answer": "UPDATE delivery SET answer_by = answer_by + interval '1 day'",
    "an answer changed": "UPDATE delivery SET answer = 'accepted_client' WHERE answer IS NOT NULL",
    "an answer taken back": """UPDATE delivery SET answered_at = NULL, answer = NULL
        WHERE answer IS NOT NULL""",
    "a delivery deleted": "DELETE FROM delivery",
    "a delivery of another contract": copy(
        "delivery", id=NEW, round="9",
        contract_id="(SELECT max(id::text) FROM contract WHERE id <> t.contract_id)",
    ),
    # milestones
    "planned and paid": "UPDATE milestone SET state = 'invoiced', accepted_at = now()",
    "accepted unseen": """UPDATE milestone SET state = 'accepted', accepted_at = now()
        WHERE state = 'planned'""",
    "a milestone born accepted": copy(
        "milestone", id=NEW, position="90", state="'accepted'", accepted_at="now()"
    ),
    # time
    "an approved hour changed": "UPDATE time_entry SET minutes = 1 WHERE sheet_id IS NOT NULL",
    "an approved hour deleted": "DELETE FROM time_entry WHERE sheet_id IS NOT NULL",
    "an hour slipped in": copy("time_entry", id=NEW),
    "a cost slipped in": copy("contract_cost", id=NEW),
    "a cost changed": "UPDATE contract_cost SET net_minor = 1",
    "more time on the sheet": "UPDATE time_sheet SET minutes = minutes + 60",
    "an approval taken back": "UPDATE time_sheet SET state = 'submitted', approved_at = NULL",
    "a sheet deleted": "DELETE FROM time_sheet",
    "a sheet born approved": copy("time_sheet", id=NEW),
    "a sheet that does not add up": copy(
        "time_sheet", id=NEW, state="'submitted'", approved_at="NULL::timestamptz"
    )
    + "; SET CONSTRAINTS ALL IMMEDIATE",
    # charges
    "a dearer charge": "UPDATE contract_charge SET price_minor = price_minor + 1",
    "a charge deleted": "DELETE FROM contract_charge",
    "a kill fee of nothing": copy(
        "contract_charge", id=NEW, kind="'kill_fee'", sheet_id="NULL::uuid"
    ),
    "a charge born invoiced": copy("contract_charge", id=NEW, invoiced_at="now()"),
    # endings
    "another kill fee": "UPDATE contract_ending SET kill_fee_minor = kill_fee_minor + 1",
    "another sum": "UPDATE contract_ending SET accepted_minor = accepted_minor + 1",
    "settled without a dispute": "UPDATE contract_ending SET state = 'settled'",
    "an ending deleted": "DELETE FROM contract_ending",
    # disputes
    "other words in a dispute": "UPDATE contract_case SET text = 'x'",
    "a decision changed": "UPDATE contract_case SET outcome = 'x' WHERE state = 'decided'",
    "a decision reopened": """UPDATE contract_case SET state = 'open', decided_at = NULL
        WHERE state = 'decided'""",
    "decided in her own case": """UPDATE contract_case c SET state = 'decided', outcome = 'x',
        decided_at = now(), decided_by = (SELECT member_id FROM contract WHERE id = c.contract_id)
        WHERE state = 'open'""",
    "decided by nobody": """UPDATE contract_case SET state = 'decided', decided_at = now(),
        outcome = 'x' WHERE state = 'open'""",
    "a dispute deleted": "DELETE FROM contract_case",
    "a dispute born decided": copy("contract_case", id=NEW, state="'decided'", decided_at="now()"),
    # contracts
    "a contract born signed": copy("contract", id=NEW, number="'C-X'"),
    "an amendment of another's contract": copy(
        "contract", id=NEW, number="'C-X'", state="'draft'", signed_at="NULL::timestamptz",
        amends_id="t.id", amends_sha256="repeat('0', 64)",
        member_id="(SELECT max(id::text) FROM member WHERE id <> t.member_id)",
    ),
}  # fmt: skip


async def scene(make, as_):
    """One contract by the hour with an approved sheet, one delivered and ended, two disputes."""
    member, rep = await make.member(), await make.member(roles=["rep"])
    deal = DealTimeIn(unit="hour", rate="60.00", estimate="10", ends_on=date(2027, 1, 29), cap=None)
    timed = await make.signed_contract(member, deal=deal, milestones=[])
    async with as_(make.actor(member)) as work:
        await commands.note_time(work, timed.id, TimeIn(day=TODAY, minutes=60))
        await commands.note_cost(
            work, timed.id,
            CostIn(day=TODAY, text="Paper", net="25.00", receipt_name="r.pdf", receipt=PDF),
        )  # fmt: skip
        sheet = await commands.submit_sheet(work, timed.id, SheetIn(month="2026-11"))
    async with as_(await make.client_of(timed, "delivery")) as work:
        await commands.approve_sheet(work, ApproveSheetIn(sheet_id=sheet.id, round=1))
    ended = await make.signed_contract(member)
    delivery = await make.deliver(ended, member)
    async with as_(await make.client_of(ended, "delivery")) as work:
        await commands.request_milestone_changes(
            work, delivery.milestone_id, DeliveryChangesIn(delivery_id=delivery.id, wishes="Bluer")
        )
    for contract in (timed, ended):
        async with as_(await make.client_of(contract, "delivery")) as work:
            case = await commands.open_case(work, None, CaseIn(matter="delivery", text="Not so"))
    async with as_() as work:
        await work.session.execute(
            text("UPDATE contract_case SET answer = 'So', answered_at = now(), state = 'answered'"
                 " WHERE id = :id"), {"id": case.id},
        )  # fmt: skip
    async with as_(make.actor(rep)) as work:
        await commands.decide_case(
            work, case.id, CaseDecisionIn(outcome="for_client", reasons="It was agreed.")
        )
    async with as_(make.actor(member)) as work:
        await commands.terminate_contract(
            work, ended.id, TerminateIn(reason="agreed", note="Enough", seen_sha256=None)
        )


async def test_raw_sql_is_refused(make, as_) -> None:
    await scene(make, as_)
    passed = []
    for name, statement in ATTACKS.items():
        try:
            async with as_() as work:
                for one in statement.split(";"):
                    await work.session.execute(text(one))
        except DBAPIError as refusal:
            wrong = str(refusal.orig)
            if "does not exist" in wrong or "syntax" in wrong or "is of type" in wrong:
                passed.append(f"{name}: {wrong}")
        else:
            passed.append(name)
    assert passed == []


async def test_the_database_knows_the_moves_of_the_lifecycles(as_) -> None:
    async with as_() as work:
        rows = await work.session.execute(
            text("""SELECT tgrelid::regclass::text, tgargs FROM pg_trigger
                     WHERE tgfoid = 'contract_state_moves'::regproc""")
        )
        known = {name: raw.rstrip(b"\0").decode().split("\0") for name, raw in rows}
    assert known.keys() == MOVES.keys()
    for name, lifecycle in MOVES.items():
        first, *moves = known[name]
        assert first == lifecycle.initial
        assert sorted(moves) == sorted(
            f"{source}>{target}"
            for sources, target in lifecycle.moves.values()
            for source in sources
        )
