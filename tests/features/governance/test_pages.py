"""The charter as a page: each rule with its reason and source."""

import httpx

from guild.governance.pages import called, said


async def test_everyone_reads_the_charter(http: httpx.AsyncClient) -> None:
    page = await http.get("/charter", headers={"Accept": "text/html"})
    assert page.status_code == 200, page.text
    assert "6.5 %" in page.text
    assert "Source: " in page.text
    rules = (await http.get("/api/v1/charter")).json()
    assert rules["hash"] in page.text
    assert page.text.count("<dt>") > sum(len(chapter) for chapter in rules["chapters"].values())


def test_values_are_said_as_people_write_them() -> None:
    assert said("rate_bps", 650) == "6.5 %"
    assert said("invoice_cap_minor", 500_000) == "5,000.00"
    assert said("pots", {"fund_sickness": 3500}) == "sickness: 35 %"
    assert said("zone", ["BE", "FR"]) == "BE, FR"
    assert said("kinds", {"hardship": "fund_solidarity"}) == "hardship: solidarity"
    assert said("days", 14) == "14"
    assert said("undo_days", 425) == "425 days"
    assert said("max_days", 1) == "1 day"
    assert said("floor_blocks", False) == "no"
    assert said("bands", [{"approvals": 2}, {"approvals": 3}]) == "approvals: 2 / approvals: 3"
    assert called("daily_minor") == "Benefit a day"
    assert called("run_minimum_minor") == "Run minimum"
    assert called("undo_days") == "Undo"
