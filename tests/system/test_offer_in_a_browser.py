"""A client answers an offer in Chromium: by keyboard alone, on a desk and on a phone.

No script runs in the pages. Every answer is given as a person gives it, from the mailed link to the
page that says what was done.
"""

from collections.abc import AsyncIterator

import httpx
import pytest

from guild.contracts.models import Contract
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from tests.browser import DESKTOP, PHONE, Browser, Page, by_client, chromium
from tests.factories import Factories
from tests.features.contracts.test_pages import code_of, token_of
from tests.system.test_pages_drawn import SERIOUS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SIZES = {"desk": DESKTOP, "phone": PHONE}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for this file."""
    async with chromium() as made:
        yield made


@pytest.fixture(params=SIZES)
async def offer(
    request: pytest.FixtureRequest, browser: Browser, make: Factories, http: httpx.AsyncClient
) -> tuple[Page, Contract]:
    """A tab in which the mailed link to an offer was opened; its pages run no script."""
    contract = await make.sent_contract()
    door = f"/offers/{await token_of(make)}"
    return await followed(browser, http, door, SIZES[request.param]), contract


@pytest.fixture(params=SIZES)
async def delivery(
    request: pytest.FixtureRequest, browser: Browser, make: Factories, http: httpx.AsyncClient
) -> tuple[Page, Contract]:
    """The same for a delivery that waits for an answer."""
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.deliver(contract, member)
    door = f"/deliveries/{await token_of(make, 'deliveries')}"
    return await followed(browser, http, door, SIZES[request.param]), contract


async def followed(
    browser: Browser, http: httpx.AsyncClient, door: str, size: tuple[int, int]
) -> Page:
    """A tab behind the door of a mailed link."""
    page = await browser.page(by_client(http))
    await page.send("Emulation.setScriptExecutionDisabled", value=True)
    await page.open(door, size)
    await page.press("main button.primary")
    return page


async def answered(page: Page, system: System, contract: Contract) -> tuple[str, str]:
    """The words of the page that the answer led to, and the contract's state."""
    seen = await page.measured()
    assert page.status == 200
    assert seen["wide"] <= 0, seen["widest"]
    await page.send("Emulation.setScriptExecutionDisabled", value=False)
    assert not [one for one in await page.judged() if one["impact"] in SERIOUS]
    async with begin_work(system, SYSTEM, read_only=True) as work:
        found = await work.session.get_one(Contract, contract.id, populate_existing=True)
        return str(seen["words"]), found.state


async def chosen(page: Page, answer: str) -> None:
    """Choose one of the three answers and go on to its form."""
    await page.key(f"input[name=answer][value={answer}]", " ")
    await page.press("form[action='/offer/answer'] button")


async def test_she_signs(offer: tuple[Page, Contract], make: Factories, system: System) -> None:
    page, contract = offer
    await chosen(page, "sign")
    await page.press("button[form=again]")
    await page.type("[name=code]", await code_of(make))
    await page.type("[name=typed_name]", "Jonas Abelard")
    await page.press("form[action='/offer/sign'] button.primary")
    words = (await page.measured())["words"]
    assert page.status == 422, "role and consent are missing"
    assert await page.ask("document.querySelector('[name=typed_name]').value") == "Jonas Abelard"
    assert "2 things to put right" in words
    await page.type("[name=role]", "Head of things")
    await page.key("[name=consent]", " ")
    if not await page.ask("document.querySelector('[name=code]').value"):
        await page.type("[name=code]", await code_of(make))
    await page.press("form[action='/offer/sign'] button.primary")
    words, state = await answered(page, system, contract)
    assert state == "signed"
    assert "signed" in words.lower()


async def test_she_asks_for_changes(offer: tuple[Page, Contract], system: System) -> None:
    page, contract = offer
    await chosen(page, "change")
    await page.type("[name=wishes]", "Two rounds of changes more, please.")
    await page.press("form[action='/offer/changes'] button")
    words, state = await answered(page, system, contract)
    assert state == "changes_requested"
    assert "You asked for" in words


async def test_she_declines(offer: tuple[Page, Contract], system: System) -> None:
    page, contract = offer
    await chosen(page, "decline")
    await page.key("[name=reason]", " ")
    await page.press("form[action='/offer/decline'] button")
    words, state = await answered(page, system, contract)
    assert state == "declined"
    assert "declined" in words.lower()


async def test_she_accepts_a_delivery(delivery: tuple[Page, Contract], system: System) -> None:
    page, contract = delivery
    await page.key("[name=answer][value=accept]", " ")
    await page.press("form[action='/deliveries/answer'] button")
    words, _ = await answered(page, system, contract)
    assert "Accepted" in words


async def test_she_asks_for_other_work(delivery: tuple[Page, Contract], system: System) -> None:
    page, contract = delivery
    await page.key("[name=answer][value=change]", " ")
    await page.press("form[action='/deliveries/answer'] button")
    assert page.status == 422, "she did not say what"
    await page.type("[name=wishes]", "The third one in blue, please.")
    await page.press("form[action='/deliveries/answer'] button")
    words, _ = await answered(page, system, contract)
    assert "The third one in blue, please." in words
