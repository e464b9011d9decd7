"""The member's pages of contracts."""

from pathlib import Path

import pytest_asyncio

from guild.contracts import commands
from guild.core.pages import environment

PAGE = {"Accept": "text/html"}


@pytest_asyncio.fixture
async def owner(make):
    return await make.member()


async def test_a_member_reads_her_contracts_and_no_others(make, signed_in, owner):
    contract = await make.sent_contract(owner, title="Museum <website>")
    client = await signed_in(owner)
    listed = await client.get("/contracts", headers=PAGE)
    assert listed.status_code == 200, listed.text
    assert "Museum &lt;website&gt;" in listed.text
    assert f"/contracts/{contract.id}" in listed.text
    shown = await client.get(f"/contracts/{contract.id}", headers=PAGE)
    assert shown.status_code == 200, shown.text
    assert "Waits for the client" in shown.text
    assert "Only a signed contract has a sealed file" in shown.text
    assert "Signed by the freelancer and sent" in shown.text
    assert 'action="/reviews"' in shown.text
    stranger = await signed_in(await make.member())
    assert (await stranger.get(f"/contracts/{contract.id}", headers=PAGE)).status_code == 404
    assert "No contract yet" in (await stranger.get("/contracts", headers=PAGE)).text


async def test_the_deliveries_of_a_signed_contract_are_told(make, signed_in, owner):
    contract = await make.signed_contract(owner)
    await make.deliver(contract, owner)
    client = await signed_in(owner)
    shown = await client.get(f"/contracts/{contract.id}", headers=PAGE)
    assert shown.status_code == 200, shown.text
    assert "waits for the client" in shown.text
    assert "Silence counts as acceptance after" in shown.text
    assert "Work delivered" in shown.text
    early = await client.get(f"/contracts/{contract.id}/pdf", headers=PAGE)
    assert early.status_code == 404


def test_every_kind_of_evidence_has_words():
    said = environment().get_template("contracts/state.html").make_module({}).EVENTS
    folder = Path(commands.__file__).parent
    for kind in ("drafted", "version_begun", "sent", "link_sent", "opened", "code_sent",
                 "code_refused", "signed", "sealed", "changes_requested", "declined", "expired",
                 "withdrawn", "delivered", "reminded", "accepted", "milestone_changes_requested",
                 "completed", "terminated"):  # fmt: skip
        assert kind in said
        assert any(f'"{kind}"' in file.read_text() for file in folder.glob("*.py")), kind
