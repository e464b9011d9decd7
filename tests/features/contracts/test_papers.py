"""A client's own paper: read without trust, checked by rules, cleared by a rep, signed by hash."""

import base64

import msgspec
import pytest
from sqlalchemy import select

from guild.contracts import commands, jobs, queries
from guild.contracts.errors import (
    ContractNotFound,
    NothingToAsk,
    OwnCase,
    PaperNotFound,
    PaperRefused,
)
from guild.contracts.models import ContractOffer, RepTask
from guild.contracts.rules.papers import check_paper, flat, paper_rules
from guild.contracts.schemas import ContractChange, SendIn
from guild.contracts.schemas.papers import AnswerTaskIn, AskRepIn, PaperIn
from guild.core.errors import IllegalMove
from guild.documents.reader import PAGES_MAX, read_pdf
from tests.features.contracts.pdfs import CLEAN, NASTY, locked, pdf_of, scripted

RULES = paper_rules()
SEND = SendIn(typed_name="Mira Member", consent=True, version=1)


def lights(text: str) -> dict[str, str]:
    return {one.rule: one.light for one in check_paper(text, RULES).findings}


def paper(content: bytes, name: str = "terms.pdf") -> PaperIn:
    return PaperIn(name=name, content=base64.b64encode(content).decode())


@pytest.mark.parametrize(
    ("rule", "light", "texts"),
    [
        ("payment_term", "red", (
            "Terms are net 60.", "The Client shall pay invoices within sixty (60) days.",
            "Le client paie les factures dans un délai de 90 jours fin de mois.",
            "De opdrachtgever betaalt de factuur binnen 60 dagen.",
        )),
        ("payment_term", "amber", (
            "Invoices are payable within 45 days.", "Paiement à 45 jours.",
            "Betaling binnen 45 kalenderdagen.",
        )),
        ("payment_term", "green", (
            "Invoices are paid within 30 days.", "Confidential for 90 days.",
        )),
        ("unlimited_liability", "red", (
            "The Freelancer accepts unlimited liability.",
            "The Freelancer is liable without any limitation for damage.".replace("any ", ""),
            "La responsabilité est illimitée.", "De opdrachtnemer is onbeperkt aansprakelijk.",
        )),
        ("rights_before_payment", "red", (
            "All rights vest in the Client upon creation.",
            "Les droits sont cédés dès la livraison.", "De rechten gaan over bij de levering.",
        )),
        ("rights_before_payment", "green", (
            "All rights pass on delivery and after full payment.",
        )),
        ("non_compete", "red", (
            "There is a non-compete of one year.", "She shall not work for competitors.",
            "Clause de non-concurrence.", "Er geldt een concurrentiebeding.",
        )),
        ("unpaid_trial", "red", (
            "An unpaid trial of two days.", "Un essai gratuit.", "Een onbetaalde proefopdracht.",
        )),
        ("unilateral_change", "red", (
            "The Client may at any time amend these terms.",
            "Le client se réserve le droit de modifier le contrat.",
            "De klant kan de voorwaarden eenzijdig wijzigen.",
        )),
        ("unilateral_change", "green", (
            "The Client may amend it in writing and signed by both sides.",
        )),
        ("indemnity", "amber", (
            "She shall indemnify the Client.", "Il garantit le client contre tout recours.",
            "Zij vrijwaart de klant.",
        )),
        ("automatic_renewal", "amber", (
            "It renews automatically.", "Par tacite reconduction.", "Stilzwijgend verlengd.",
        )),
        ("penalty", "amber", (
            "A penalty of 100 a day.", "Une pénalité de 100.", "Een boete van 100 per dag.",
        )),
        ("penalty", "green", ("On late payment the Client owes a penalty.",)),
        ("paid_when_paid", "red", ("Fees are paid after receipt of payment by its customer.",)),
        ("moral_rights_waiver", "amber", (
            "She waives all moral rights.", "Il renonce à ses droits moraux.",
            "Zij doet afstand van haar morele rechten.",
        )),
        ("client_ends_at_once", "amber", ("The Client may terminate at any time.",)),
    ],
)  # fmt: skip
def test_each_rule_finds_its_words(rule: str, light: str, texts: tuple[str, ...]) -> None:
    for text in texts:
        assert lights(text)[rule] == light, text


def test_a_finding_shows_the_passage_the_source_and_the_mend() -> None:
    result = check_paper("\n".join(NASTY), RULES)
    assert result.light == "red"
    worst = result.findings[0]
    assert worst.passages
    assert worst.mend
    assert worst.source
    assert check_paper("\n".join(NASTY), RULES) == result, "the same text, the same findings"
    assert [one.light for one in result.findings] == sorted(
        (one.light for one in result.findings), key=["red", "amber", "green"].index
    )


def test_a_fair_paper_is_green() -> None:
    assert check_paper(" ".join(CLEAN), RULES).light == "green"


def test_words_parted_at_the_end_of_a_line_are_put_together() -> None:
    assert flat("unlimited liabil-\nity  of\u00a0all") == "unlimited liability of all"


def test_rules_are_published_with_version_and_sources() -> None:
    assert RULES.version == 1
    assert len({rule.id for rule in RULES.rules}) == len(RULES.rules) >= 9
    for rule in RULES.rules:
        assert rule.source
        assert set(rule.patterns) == {"en", "fr", "nl"}, rule.id
        assert all(rule.patterns.values()), rule.id


async def test_files_are_read_in_a_process_of_their_own() -> None:
    read = await read_pdf(pdf_of(CLEAN))
    assert (read.trouble, read.pages) == ("", 1)
    assert "twelve drawings" in read.text


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"%PDF-1.7 and nothing else", "unreadable"),
        (b"GIF89a", "unreadable"),
        (locked(pdf_of(CLEAN)), "encrypted"),
        (scripted(pdf_of(CLEAN)), "programs"),
        (pdf_of(("Too little.",)), "no_text"),
        (pdf_of(CLEAN, pages=PAGES_MAX + 1), "too_long"),
        (pdf_of(CLEAN)[:300], "unreadable"),
    ],
)
async def test_hostile_and_useless_files_say_why(content: bytes, trouble: str) -> None:
    assert (await read_pdf(content)).trouble == trouble


async def uploaded(make, as_, member, content: bytes, **fields):
    contract = await make.contract(member, **fields)
    async with as_(make.actor(member)) as work:
        row = await commands.upload_paper(work, contract.id, paper(content))
    async with as_() as work:
        await jobs.read_paper.run(work, paper_id=row.id)
    return contract


async def test_a_red_paper_needs_a_rep_before_it_is_sent(make, as_):
    member, rep = await make.member(), await make.member(roles=["rep"])
    contract = await uploaded(make, as_, member, pdf_of(NASTY))
    async with as_(make.actor(member)) as work:
        view = await queries.paper_view(work, contract.id)
        assert (view.state, view.light, view.languages) == ("read", "red", ["en"])
        checks = await queries.checks_of(work, await queries.contract_row(work, contract.id))
        assert not checks.may_be_sent
        task = await commands.ask_rep(
            work, contract.id, AskRepIn(kind="own_paper", question="Is clause 3 all right?")
        )
        assert task.due_on.isoformat() == "2026-11-25", "two working days"
        with pytest.raises(NothingToAsk):
            await commands.ask_rep(work, contract.id, AskRepIn(kind="own_paper"))
    assert any("advice on a client" in one.subject for one in await make.letters())
    async with as_(make.actor(rep)) as work:
        assert (await queries.contract_view(work, contract.id)).state == "draft", "she was asked"
        assert [one.id for one in (await queries.rep_tasks(
            work, state="requested", cursor=None, limit=10)).items] == [task.id]  # fmt: skip
        answer = AnswerTaskIn(outcome="yes", answer="Liability is insured.")
        await commands.answer_task(work, task.id, answer)
        with pytest.raises(IllegalMove):
            await commands.answer_task(work, task.id, answer)
    async with as_(make.actor(member)) as work:
        sent = await commands.send_contract(work, contract.id, SEND)
        assert sent.state == "sent"
        rules = (await work.session.scalars(select(ContractOffer.rules))).one()
        assert {"be-2002", "eu-2011-7"} <= {one["id"] for one in rules}, "as they were asked"
    sha = view.sha256
    async with as_(await make.client_of(contract)) as work:
        shown, html = await queries.offer_view(work)
        assert shown.terms.paper is not None
        assert shown.terms.paper.sha256 == sha
        assert sha.encode() in html
        name, content = await queries.offered_paper(work)
    assert (name, content) == ("terms.pdf", pdf_of(NASTY))


async def test_a_no_of_the_rep_does_not_clear_it_nor_a_yes_for_another_file(make, as_):
    member, rep = await make.member(), await make.member(roles=["rep"])
    contract = await uploaded(make, as_, member, pdf_of(NASTY))
    for outcome in ("no", "yes"):
        async with as_(make.actor(member)) as work:
            task = await commands.ask_rep(work, contract.id, AskRepIn(kind="own_paper"))
        async with as_(make.actor(rep)) as work:
            said = AnswerTaskIn(outcome=outcome, answer="Because.")
            await commands.answer_task(work, task.id, said)
        async with as_(make.actor(member)) as work:
            row = await queries.contract_row(work, contract.id)
            assert (await queries.checks_of(work, row)).may_be_sent is (outcome == "yes")
    async with as_(make.actor(member)) as work:
        other = await commands.upload_paper(
            work, contract.id, paper(pdf_of((*NASTY, "And more of it.")))
        )
    async with as_() as work:
        await jobs.read_paper.run(work, paper_id=other.id)
    async with as_(make.actor(member)) as work:
        row = await queries.contract_row(work, contract.id)
        assert not (await queries.checks_of(work, row)).may_be_sent


async def test_a_paper_stays_named_when_the_draft_is_edited_and_goes_when_taken_off(make, as_):
    member = await make.member()
    contract = await uploaded(make, as_, member, pdf_of(CLEAN))
    async with as_(make.actor(member)) as work:
        edited = await commands.edit_contract(work, contract.id, ContractChange(title="Other"))
        assert edited.terms["paper"]["pages"] == 1
        assert edited.paper_sha256
        off = await commands.take_off_paper(work, contract.id)
        assert (off.paper_id, off.paper_sha256, off.terms["paper"]) == (None, None, None)
        with pytest.raises(PaperNotFound):
            await queries.paper_view(work, contract.id)


async def test_an_unreadable_paper_blocks_and_is_not_named(make, as_):
    member = await make.member()
    contract = await uploaded(make, as_, member, locked(pdf_of(CLEAN)))
    async with as_(make.actor(member)) as work:
        view = await queries.paper_view(work, contract.id)
        assert view.state == "unreadable"
        assert "password" in (view.problem or "")
        row = await queries.contract_row(work, contract.id)
        assert row.paper_sha256 is None
        assert not (await queries.checks_of(work, row)).may_be_sent
        with pytest.raises(NothingToAsk):
            await commands.ask_rep(work, contract.id, AskRepIn(kind="own_paper"))


async def test_only_pdfs_only_drafts_and_only_the_owner(make, as_):
    member, other = await make.member(), await make.member(roles=["rep"])
    contract, sent = await make.contract(member), await make.sent_contract(member)
    async with as_(make.actor(member)) as work:
        with pytest.raises(PaperRefused):
            await commands.upload_paper(work, contract.id, paper(b"PK\x03\x04 a zip archive"))
        with pytest.raises(PaperRefused):
            odd = PaperIn(name="x.pdf", content="AAAAAAAAA")
            await commands.upload_paper(work, contract.id, odd)
        with pytest.raises(IllegalMove):
            await commands.upload_paper(work, sent.id, paper(pdf_of(CLEAN)))
    async with as_(make.actor(other)) as work:
        with pytest.raises(ContractNotFound):
            await commands.upload_paper(work, contract.id, paper(pdf_of(CLEAN)))


async def test_nobody_answers_her_own_question(make, as_):
    rep = await make.member(roles=["rep"])
    contract = await uploaded(make, as_, rep, pdf_of(NASTY))
    async with as_(make.actor(rep)) as work:
        task = await commands.ask_rep(work, contract.id, AskRepIn(kind="own_paper"))
        with pytest.raises(OwnCase):
            said = AnswerTaskIn(outcome="yes", answer="I like it.")
            await commands.answer_task(work, task.id, said)
        await commands.withdraw_task(work, task.id)
        row = await work.session.get(RepTask, task.id)
        assert row.state == "withdrawn"


async def test_papers_over_http(make, signed_in):
    member = await make.member()
    contract = await make.contract(member)
    browser, stranger = await signed_in(member), await signed_in(await make.member())
    path = f"/api/v1/contracts/{contract.id}/paper"
    body = msgspec.to_builtins(paper(pdf_of(CLEAN)))
    assert (await stranger.post(path, json=body)).status_code == 404
    up = await browser.post(path, json=body)
    assert up.status_code == 201, up.text
    assert up.json()["state"] == "reading"
    assert (await browser.get(path)).status_code == 200
    file = await browser.get(f"{path}/file")
    assert file.content == pdf_of(CLEAN)
    assert "attachment" in file.headers["content-disposition"]
    for hidden in (path, f"{path}/file"):
        assert (await stranger.get(hidden)).status_code == 404
    for wrong in ({"name": "a", "content": "%%%"}, {"name": "", "content": body["content"]}):
        assert (await browser.post(path, json=wrong)).status_code == 400
    assert (await browser.delete(path)).status_code == 204
    assert (await browser.get(path)).status_code == 404
