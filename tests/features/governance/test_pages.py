"""The charter as a page: each rule with its reason and source."""

import httpx

from guild.governance.pages import called, said, sourced, words


async def test_everyone_reads_the_charter(http: httpx.AsyncClient) -> None:
    page = await http.get("/charter", headers={"Accept": "text/html"})
    assert page.status_code == 200, page.text
    assert "6.5 %" in page.text
    assert "Source: " in page.text
    assert "Source not yet checked" in page.text
    assert "[from memory]" not in page.text
    assert "[choice]" not in page.text
    rules = (await http.get("/api/v1/charter")).json()
    assert rules["hash"] in page.text
    named = {name for chapter in rules["chapters"].values() for name in chapter}
    assert named <= words().names.keys(), "a parameter has no words in charter_words.json"
    assert page.text.count("<dt>") > sum(len(chapter) for chapter in rules["chapters"].values())


def test_a_source_is_shown_without_the_marks_of_the_data() -> None:
    plain = sourced("Choice of the founding meeting [choice]")
    assert plain.text == "Choice of the founding meeting"
    assert plain.checked
    both = sourced("By analogy with a law, a tenth [from memory]; [choice]")
    assert (
        both.text
        == "By analogy with a law, a tenth; the figure is a choice of the founding meeting"
    )
    assert not both.checked


def test_values_are_said_as_people_write_them() -> None:
    assert said("rate_bps", 650) == "6.5 %"
    assert said("invoice_cap_minor", 500_000) == "5,000.00"
    assert said("pots", {"fund_sickness": 3500}) == "sick pay of members: 35 %"
    assert said("zone", ["BE", "FR"]) == "Belgium, France"
    assert said("kinds", {"hardship": "fund_solidarity"}) == "hard times: solidarity pot"
    assert said("days", 14) == "14"
    assert said("undo_days", 425) == "425 days"
    assert said("meant_otherwise_days", 10) == "10 days"
    assert said("max_days", 1) == "1 day"
    assert said("floor_blocks", False) == "no"
    band = {"up_to_minor": 1_000_000, "approvals": 2, "roles": {"treasurer": 1}}
    assert said("bands", [band]) == "up to 10,000.00: 2 persons, of them 1 treasurer"
    step = {"days": -3, "tone": "friendly", "channel": "mail"}
    assert said("reminders", [step]) == "3 days before the due day: friendly, by mail"
    assert said("advanced_from_minor", {"EUR": 5_000_000}) == "EUR 50,000.00"
    assert said("number_format", "{year}-{number:04d}") == "as 2026-0001"
    assert called("daily_minor") == "Benefit a day"
    assert called("run_minimum_minor") == "Least that is paid without asking"
    assert called("meant_otherwise_days") == "A client may say a payment was meant otherwise for"
    assert called("undo_days") == "A match can be undone for"
