"""For each route one request that the right person would send: path, body, query, credentials.

A route that is not named here is asked with the default rows and, where it takes a JSON body, with
the example of the OpenAPI document.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from tests.conftest import NOON
from tests.factories import Factories
from tests.features.compliance.scene import GOOD as FINDINGS
from tests.features.exchange import papers
from tests.security import (
    bank,
    contracts_rows,
    everything_rows,
    invoice_kinds_rows,
    keeping_rows,
    outlets,
    payouts_rows,
    performing_rows,
    receivables_rows,
    signing_level_rows,
    signing_rows,
)
from tests.security.world import FAIR, GOOD, World

TODAY = NOON.date()
DEFAULTS = {
    "contract_id": "signed", "milestone_id": "planned", "invoice_id": "invoice",
    "account_id": "pending_account", "entry_id": "entry_in", "payout_id": "payout",
    "batch_id": "batch", "claim_id": "claim_filed", "evidence_id": "evidence_filed_plain",
    "attestation_id": "entry", "dispute_id": "dispute", "client_id": "client",
    "organisation_id": "client", "grant_id": "grant", "key_id": "key",
    "supplier_invoice_id": "cost", "review_id": "review_opened", "label_id": "label",
    "job_id": "dead_job",
    "webhook_id": "webhook_active",
    "export_id": "export",
    "objection_id": "objection_open", "interest_id": "interest",
    "write_off_id": "write_off_asked", "refund_id": "refund",
}  # fmt: skip
FIXED = {"kind": "pdf", "role": "treasurer", "step": "reply", "what": "bank-accounts"}
LINKS = (
    *keeping_rows.FIRST_LINKS,
    *performing_rows.LINKS,
    *everything_rows.LINKS,
    ("/reputation/link/entries", ("entries", "other_attest", "offer")),
    ("/reputation/link", ("attest", "other_attest", "offer")),
    ("/attest", ("attest", "other_attest", "offer")),
    ("/offer/paper", ("paper_offer", "other_offer", "delivery")),
    ("/offer/pdf", ("sealed_offer", "other_offer", "delivery")),
    ("/offer/evidence", ("sealed_offer", "other_offer", "delivery")),
    ("/offer/objection", ("sealed_offer", "other_offer", "delivery")),
    ("/offer/void/answer", ("void_by_member", "other_offer", "delivery")),
    ("/offer/void/withdraw", ("void_by_client", "other_offer", "delivery")),
    ("/offer/void", ("sealed_offer", "other_offer", "delivery")),
    ("/offer/signature-request", ("coded_offer", "other_offer", "delivery")),
    ("/offer/passkey", ("prepared_offer", "other_offer", "delivery")),
    ("/offer", ("offer", "other_offer", "delivery")),
    ("/invoice/objections/", ("disputed_answered", "other_invoice", "offer")),
    ("/invoice/account/objection", ("disputed_answered", "other_invoice", "offer")),
    ("/invoice/interest/", ("claimed", "other_invoice", "offer")),
    ("/invoice/account/interest/", ("claimed", "other_invoice", "offer")),
    ("/invoice/credit", ("with_credit", "other_invoice", "offer")),
    ("/invoice/account/credit", ("with_credit", "other_invoice", "offer")),
    ("/invoice", ("invoice", "other_invoice", "offer")),
    ("/deliveries", ("delivery", "other_delivery", "offer")),
    ("/milestones", ("delivery", "other_delivery", "offer")),
    *keeping_rows.LAST_LINKS,
    ("", ("offer", "other_offer", "delivery")),
)
REASON = "There is a good reason for it."
WRONG_COST = {"code": "PRI", "reason": REASON}


class Ask(msgspec.Struct, kw_only=True):
    """How to ask one route."""

    method: str
    path: str
    template: str
    links: tuple[str, str, str]
    parts: dict[str, Any]
    """json, data, files, params or content, as httpx names them."""
    key: bool = False
    rep: str = "rep"
    """Who of the reps: where the second one was drawn by lot, that one."""


def link_names(path: str) -> tuple[str, str, str]:
    """Which links stand for `link`, `other_link` and `wrong_link` at this address."""
    bare = path.removeprefix("/api/v1")
    return next(names for prefix, names in LINKS if bare.startswith(prefix))


def headers_of(world: World, ask: Ask, kind: str) -> dict[str, str]:
    """The credentials of that kind of person."""
    kinds = ("link", "other_link", "wrong_link")
    if kind in kinds:
        credentials = {"Authorization": f"Link {world.links[ask.links[kinds.index(kind)]]}"}
    else:
        credentials = dict(world.headers[ask.rep if kind == "rep" else kind])
    if ask.key:
        credentials["Idempotency-Key"] = "a-key-for-this-test"
    return credentials


def ask_for(world: World, method: str, template: str, *, keyed: bool, example: Any = None) -> Ask:
    """The request for one route, `template` as OpenAPI writes paths."""
    special = _special(world).get(f"{method} {template}", {})
    names = {name: world.rows[row] for name, row in DEFAULTS.items()}
    names |= FIXED | {"member_id": world.people["owner"].id, "code": world.rows["label_code"]}
    names |= {"which": world.rows["pending_account"], "token": "x" * 43}
    names |= special.get("path", {})
    parts = {name: special[name] for name in ("json", "data", "files", "params", "content")
             if name in special}  # fmt: skip
    if not parts and example is not None:
        parts = {"json": example}
    return Ask(
        method=method, path=template.format_map(names), template=template,
        links=link_names(template), parts=parts, key=keyed, rep=special.get("rep", "rep"),
    )  # fmt: skip


def _rows(world: World, **names: str) -> dict[str, Any]:
    return {name: world.rows[row] for name, row in names.items()}


def _special(world: World) -> Mapping[str, dict[str, Any]]:
    return (
        _people(world)
        | _papers(world)
        | _money(world)
        | _standing(world)
        | _forms(world)
        | contracts_rows.asks(world.rows)
        | everything_rows.asks(world.rows, world.links)
        | outlets.asks(world.rows)
        | keeping_rows.asks(world.rows)
        | signing_rows.asks(world.rows, world.links)
        | signing_level_rows.asks(world.rows)
        | invoice_kinds_rows.asks(world.rows)
        | receivables_rows.asks(world.rows)
        | bank.asks(world.rows)
        | payouts_rows.asks(world.rows)
        | performing_rows.asks(world.rows)
    )


def _people(world: World) -> dict[str, dict[str, Any]]:
    rows, people = world.rows, world.people
    applicant = {"member_id": rows["applicant"]}
    numbers = {"change_id": rows["number_change"]}
    owner = people["owner"]
    return {
        "GET /api/v1/ledger/accounts/{code}/statement": {
            "path": {"code": "member_available"}, "params": {"owner": str(owner.id)}},
        "GET /api/v1/log/leaves": {"params": {"start": 0, "end": 2}},
        "GET /api/v1/log/proof/inclusion": {"params": {"index": 0}},
        "GET /api/v1/log/proof/consistency": {"params": {"old": 1}},
        "POST /api/v1/session": {"json": {"email": owner.email, "password": Factories.PASSWORD}},
        "PUT /api/v1/me/password": {
            "json": {"current": Factories.PASSWORD, "new": "another long password"}},
        "POST /api/v1/password-resets": {"json": {"email": owner.email}},
        "POST /api/v1/password-resets/use": {
            "json": {"token": "x" * 43, "new": "another long password"}},
        "POST /api/v1/me/api-keys": {"json": {"name": "k", "scopes": ["charter:read"]}},
        "POST /api/v1/links/open": {"json": {"token": world.links["offer"]}},
        "POST /api/v1/applications": {
            "json": {"email": "later@example.org", "password": "a very long password",
                     "legal_name": "Later", "country": "BE"}},
        "POST /api/v1/members/{member_id}/admit": {"path": applicant},
        "POST /api/v1/members/{member_id}/decline": {"path": applicant, "json": {"reason": REASON}},
        "POST /api/v1/members/{member_id}/leave": {"json": {"reason": "a year away"}},
        "POST /api/v1/members/{member_id}/resign": {"json": {"reason": "moving"}},
        "POST /api/v1/members/{member_id}/remove": {
            "path": {"member_id": rows["away"]}, "json": {"reason": REASON}},
        "POST /api/v1/members/{member_id}/roles": {"json": {"role": "rep", "reason": REASON}},
        "DELETE /api/v1/members/{member_id}/roles/{role}": {
            "path": {"member_id": people["treasurer"].id}},
        "POST /api/v1/organisations": {"json": _organisation()},
        "PATCH /api/v1/organisations/{organisation_id}": {
            "json": {"row_version": 1, "city": "Brugge"}},
        "POST /api/v1/organisations/{organisation_id}/contacts": {
            "json": {"name": "A Contact", "email": "c@client.example"}},
        "PATCH /api/v1/me": {"json": {"city": "Brugge"}},
        "POST /api/v1/me/bank-accounts": {
            "json": {"iban": "FR14 2004 1010 0505 0001 3M02 606", "holder": owner.legal_name}},
        "POST /api/v1/bank-account-changes/{account_id}/reject": {"json": {"reason": REASON}},
        "POST /api/v1/number-changes/{change_id}/approve": {"path": numbers},
        "POST /api/v1/number-changes/{change_id}/reject": {
            "path": numbers, "json": {"reason": REASON}},
    }  # fmt: skip


def _organisation() -> dict[str, Any]:
    return {"name": "A Client", "kind": "company", "country": "BE", "street": "S 1",
            "postcode": "1000", "city": "Brussel", "email": "a@client.example"}  # fmt: skip


def _papers(world: World) -> dict[str, dict[str, Any]]:
    rows = world.rows
    draft, sent = _rows(world, contract_id="draft"), _rows(world, contract_id="sent")
    seen = {"version": rows["version"], "shown_sha256": rows["shown"]}
    delivered = _rows(world, milestone_id="delivered")
    delivery = {"delivery_id": str(rows["delivery"])}
    name = world.people["owner"].legal_name
    return {
        "POST /api/v1/contracts": {"json": {
            "client_id": str(rows["client"]), "contact_id": str(rows["contact"]),
            "title": "A thing", "milestones": [
                {"title": "All", "net": "100.00", "due_on": "2026-12-18"}]}},
        "PATCH /api/v1/contracts/{contract_id}": {"path": draft, "json": {"title": "Another"}},
        "POST /api/v1/contracts/{contract_id}/send": {
            "path": draft, "json": {"typed_name": name, "consent": True, "version": 1}},
        "POST /api/v1/contracts/{contract_id}/resend-link": {"path": sent},
        "POST /api/v1/contracts/{contract_id}/withdraw": {"path": sent, "json": {"note": ""}},
        "POST /api/v1/contracts/{contract_id}/terminate": {"json": {"reason": "agreed"}},
        "POST /api/v1/milestones/{milestone_id}/deliveries": {"json": {"note": "Here it is."}},
        "POST /api/v1/offer/code": {"json": seen},
        "POST /api/v1/offer/sign": {"json": {
            **seen, "code": "000000", "typed_name": "C", "role": "Head", "consent": True}},
        "POST /api/v1/offer/request-changes": {"json": {**seen, "wishes": "Cheaper."}},
        "POST /api/v1/offer/decline": {"json": {**seen, "reason": "price"}},
        "POST /api/v1/milestones/{milestone_id}/accept": {"path": delivered, "json": delivery},
        "POST /api/v1/milestones/{milestone_id}/request-changes": {
            "path": delivered, "json": {**delivery, "wishes": "Bluer."}},
        "POST /api/v1/invoices": {"json": {"contract_id": str(rows["completed"])}},
        "PATCH /api/v1/invoices/{invoice_id}": {
            "path": _rows(world, invoice_id="drafted_invoice"),
            "json": {"row_version": 1, "buyer_reference": "PO 1"}},
        "GET /api/v1/series/{kind}/{year}": {"path": {"kind": "invoice", "year": "2026"}},
        "POST /api/v1/invoices/{invoice_id}/issue": {
            "path": _rows(world, invoice_id="drafted_invoice")},
        "POST /api/v1/invoices/{invoice_id}/credit-notes": {"json": {"reason": REASON}},
    }  # fmt: skip


def _money(world: World) -> dict[str, dict[str, Any]]:
    rows, claim = world.rows, {}
    for state in ("invited", "judging", "rejected", "granted"):
        claim[state] = {"claim_id": rows[f"claim_{state}"]}
    health = _rows(world, evidence_id="evidence_filed_health")
    coop = _rows(world, account_id="coop_account")
    advanced = _rows(world, invoice_id="advanced_invoice")
    until = TODAY - timedelta(days=5)
    return {
        "POST /api/v1/bank-accounts": {"json": {
            "name": "Savings", "iban": "BE68539007547034", "opening_balance": "0.00",
            "opened_on": "2026-11-01"}},
        "GET /api/v1/bank-accounts/{account_id}/reconciliation": {"path": coop},
        "POST /api/v1/supplier-invoices": {"content": papers.ubl(number="F-9")},
        "POST /costs": {"files": {"file": ("a.xml", papers.ubl(number="F-8"), "text/xml")}},
        "POST /api/v1/supplier-invoices/{supplier_invoice_id}/match": {
            "json": {"contract_id": str(rows["signed"])}},
        "POST /api/v1/supplier-invoices/{supplier_invoice_id}/dispute": {"json": WRONG_COST},
        "POST /api/v1/supplier-invoices/{supplier_invoice_id}/refuse": {"json": WRONG_COST},
        "POST /api/v1/supplier-invoices/{supplier_invoice_id}/book": {
            "path": _rows(world, supplier_invoice_id="cost_accepted")},
        "POST /costs/{supplier_invoice_id}/match": {
            "data": {"contract_id": str(rows["signed"])}},
        "POST /costs/{supplier_invoice_id}/dispute": {"data": WRONG_COST},
        "POST /costs/{supplier_invoice_id}/refuse": {"data": WRONG_COST},
        "POST /costs/{supplier_invoice_id}/book": {
            "path": _rows(world, supplier_invoice_id="cost_accepted")},
        "POST /api/v1/invoices/{invoice_id}/deliveries": {"json": {"channel": "mail"}},
        "POST /invoices/{invoice_id}/delivery": {"data": {"channel": "mail"}},
        "POST /api/v1/bank-statements": {"content": world.desk.statement()},
        "POST /api/v1/bank-entries/{entry_id}/confirm": {
            "json": {"invoice_id": str(rows["invoice"])}},
        "POST /api/v1/bank-entries/{entry_id}/explain": {
            "path": _rows(world, entry_id="entry_out"),
            "json": {"kind": "bank_fees", "note": "Fees of November"}},
        "POST /api/v1/payouts": {"json": {"amount": "10.00"}},
        "POST /api/v1/payout-runs": {"json": {}},
        "POST /api/v1/me/payout-choice": {"json": {"rhythm": "weekly", "day": 1}},
        "POST /money/choice": {"data": {"rhythm": "weekly", "day": "1"}},
        "GET /api/v1/me/income/{year}": {"path": {"year": 2025}},
        "POST /api/v1/me/income/{year}/statement": {"path": {"year": 2025}},
        "GET /api/v1/me/income/{year}/statement": {"path": {"year": 2024}},
        "GET /money/years/{year}": {"path": {"year": 2025}},
        "POST /money/years/{year}/statement": {"path": {"year": 2025}},
        "GET /money/years/{year}/statement": {"path": {"year": 2024}},
        "GET /api/v1/members/{member_id}/income/{year}": {
            "path": {"member_id": world.people["owner"].id, "year": 2025}},
        "GET /api/v1/payroll": {"params": {"country": "BE", "month": "2026-11"}},
        "GET /api/v1/payroll/file": {"params": {"country": "BE", "month": "2026-11"}},
        "POST /api/v1/bank-accounts/{account_id}/payee-checks": {
            "json": {"result": "MTCH", "source": "Portal of the bank"}},
        "POST /api/v1/mandates": {"json": {
            "organisation_id": str(rows["client"]), "reference": "M-1", "signed_on": "2026-10-01",
            "holder": "Voorbeeld bv", "iban": "BE68539007547034"}},
        "POST /api/v1/mandates/{mandate_id}/cancel": {"json": {"reason": REASON}},
        "POST /api/v1/direct-debits/{direct_debit_id}/stop": {"json": {"reason": REASON}},
        "POST /api/v1/members/{member_id}/employment": {
            "path": {"member_id": world.people["owner"].id},
            "json": {"country": "BE", "number": "E-1", "since": "2026-11-01"}},
        "POST /api/v1/payment-status-reports": {"content": b"<Document/>"},
        "POST /api/v1/collection-batches": {"json": {}},
        "POST /api/v1/payouts/{payout_id}/reject": {"json": {"reason": REASON}},
        "POST /api/v1/payment-batches": {"json": {}},
        "POST /api/v1/fund/endowments": {
            "json": {"pot": "fund_sickness", "amount": "10.00", "text": "Brought forward"}},
        "POST /api/v1/guarantee-quotes": {
            "json": {"client_id": str(rows["client"]), "amount": "100.00"}},
        "POST /api/v1/fund/advances/{invoice_id}/hold": {"json": {"reason": REASON}},
        "POST /api/v1/fund/advances/{invoice_id}/loss": {
            "path": advanced, "json": {"reason": REASON}},
        "POST /api/v1/fund/advances/{invoice_id}/loss/confirm": {
            "path": _rows(world, invoice_id="given_up_invoice")},
        "POST /api/v1/claims": {"json": {
            "kind": "hardship", "started_on": str(until - timedelta(days=45)),
            "since": str(until - timedelta(days=45)), "until": str(until),
            "capacity_lost_percent": 100, "statement": "A wrist is broken."}},
        "POST /api/v1/claims/{claim_id}/evidence": {"json": {
            "name": "note.txt", "media_type": "text/plain", "content": "YSBub3Rl"}},
        "POST /api/v1/claims/{claim_id}/evidence/{evidence_id}/confirm": {
            "path": health, "json": {"fits": True}},
        "GET /api/v1/claims/{claim_id}/draw-proof": {"path": claim["judging"]},
        "POST /api/v1/claims/{claim_id}/invitation": {
            "path": claim["invited"], "json": {"accept": True}},
        "POST /api/v1/claims/{claim_id}/verdict": {"path": claim["judging"], "json": {
            "outcome": "granted", "reason_code": "covered", "reason": "It fits."}},
        "POST /api/v1/claims/{claim_id}/appeal": {
            "path": claim["rejected"], "json": {"statement": "Look again."}},
        "POST /api/v1/claims/{claim_id}/payout": {"path": claim["granted"]},
        "POST /claims/{claim_id}/appeal": {
            "path": claim["rejected"], "data": {"statement": "Look again."}},
        "POST /claims/{claim_id}/payout": {"path": claim["granted"]},
        "POST /claims/{claim_id}/papers": {
            "files": {"file": ("note.txt", b"a note", "text/plain")}, "data": {"health": "yes"}},
        "POST /claims/{claim_id}/papers/{evidence_id}/fits": {
            "path": health, "data": {"fits": "yes"}},
        "GET /jury/{claim_id}": {"path": claim["judging"]},
        "POST /jury/{claim_id}/invitation": {"path": claim["invited"], "data": {"accept": "yes"}},
        "POST /jury/{claim_id}/read/{evidence_id}": {
            "path": {**claim["judging"], "evidence_id": rows["statement_judging"]}},
        "POST /jury/{claim_id}/verdict": {"path": claim["judging"], "data": {
            "outcome": "granted", "reason_code": "covered", "reason": "It fits."}},
        "POST /claims": {"data": {
            "kind": "hardship", "started_on": str(until - timedelta(days=45)),
            "since": str(until - timedelta(days=45)), "until": str(until),
            "capacity_lost_percent": "100", "statement": "A wrist is broken."}},
        "POST /money/payouts": {"data": {"amount": "10.00"}},
        "GET /money/payouts/{payout_id}/statement": {
            "path": _rows(world, payout_id="settled_payout")},
        "GET /api/v1/payouts/{payout_id}/statement": {
            "path": _rows(world, payout_id="settled_payout")},
        "POST /treasury/accounts": {"data": {
            "name": "Another", "iban": "BE62510007547061", "opened_on": "2026-01-01"}},
        "POST /treasury/statements": {
            "files": {"statement": ("s.xml", world.desk.statement(), "application/xml")}},
        "POST /treasury/entries/{entry_id}/confirm": {"data": {"invoice_id": str(rows["invoice"])}},
        "POST /treasury/entries/{entry_id}/explain": {
            "path": _rows(world, entry_id="entry_out"),
            "data": {"kind": "bank_fees", "note": "Fees of November"}},
        "POST /approvals/payouts/{payout_id}/reject": {"data": {"reason": REASON}},
    }  # fmt: skip


def _standing(world: World) -> dict[str, dict[str, Any]]:
    rows = world.rows
    rateable = _rows(world, contract_id="rateable")
    taken = _rows(world, review_id="review_taken")
    proposed = _rows(world, review_id="review_proposed")
    mirror = _rows(world, attestation_id="mirror")
    doubted = _rows(world, label_id="label_doubted")
    findings = msgspec.to_builtins(FINDINGS)
    conclusion = {"outcome": "granted", "reasons": "Dates, price and acceptance are in writing."}
    of_client, of_member = dict.fromkeys(GOOD, "yes"), dict.fromkeys(FAIR, "yes")
    return {
        "GET /api/v1/reputation/contracts/{contract_id}": {"path": rateable},
        "POST /api/v1/reputation/attestations": {
            "json": {"contract_id": str(rows["rateable"]), "answers": FAIR}},
        "POST /api/v1/reputation/link/attestation": {"json": {"answers": GOOD}},
        "POST /api/v1/reputation/link/entries/{attestation_id}/reply": {
            "path": mirror, "json": {"text": "We see this otherwise."}},
        "POST /api/v1/reputation/link/entries/{attestation_id}/dispute": {
            "path": mirror, "json": {"reason": REASON}},
        "POST /api/v1/reputation/entries/{attestation_id}/reply": {
            "json": {"text": "I see this otherwise."}},
        "POST /api/v1/reputation/entries/{attestation_id}/dispute": {"json": {"reason": REASON}},
        "POST /api/v1/reputation/disputes/{dispute_id}/ruling": {
            "json": {"outcome": "upheld", "reasons": REASON}},
        "POST /api/v1/reputation/members/{member_id}/erasure": {
            "path": {"member_id": world.people["owner"].id}},
        "GET /reputation/contracts/{contract_id}": {"path": rateable},
        "POST /reputation/contracts/{contract_id}": {"path": rateable, "data": of_member},
        "POST /reputation/entries/{attestation_id}/{step}": {
            "data": {"text": "I see this otherwise."}},
        "POST /reputation/disputes/{dispute_id}": {
            "data": {"outcome": "upheld", "reasons": REASON}},
        "POST /attest": {"data": of_client},
        "POST /api/v1/reviews": {"json": {"contract_id": str(rows["disputed_contract"])}},
        "POST /api/v1/reviews/{review_id}/hand-over": {"path": taken},
        "PUT /api/v1/reviews/{review_id}/findings": {"path": taken, "json": findings},
        "POST /api/v1/reviews/{review_id}/conclude": {"path": taken, "json": conclusion},
        "POST /api/v1/reviews/{review_id}/confirm": {
            "path": proposed, "json": {"agree": True}, "rep": rows["seconder"]},
        "POST /api/v1/labels/{label_id}/withdraw": {"json": {"reasons": REASON}},
        "POST /api/v1/labels/{label_id}/confirm-withdrawal": {
            "path": doubted, "rep": rows["withdrawer"]},
        "POST /reviews": {"data": {"contract_id": str(rows["disputed_contract"])}},
        "POST /reviews/{review_id}/hand-over": {"path": taken},
        "POST /reviews/{review_id}/findings": {"path": taken, "data": {"private_note": "x"}},
        "POST /reviews/{review_id}/conclude": {"path": taken, "data": conclusion},
        "POST /reviews/{review_id}/confirm": {
            "path": proposed, "data": {"agree": "yes"}, "rep": rows["seconder"]},
        "POST /labels/{label_id}/withdraw": {"data": {"withdrawal_reasons": REASON}},
        "POST /labels/{label_id}/confirm-withdrawal": {
            "path": doubted, "rep": rows["withdrawer"]},
    }  # fmt: skip


def _forms(world: World) -> dict[str, dict[str, Any]]:
    rows, links, owner = world.rows, world.links, world.people["owner"]
    seen = {"version": str(rows["version"]), "shown_sha256": rows["shown"]}
    application = {"email": "form@example.org", "password": "a very long password",
                   "legal_name": "By Form", "country": "BE"}  # fmt: skip
    return {
        "POST /verify": {"files": {"file": ("a.pdf", b"%PDF-1.7", "application/pdf")}},
        "POST /sign-in": {"data": {"email": owner.email, "password": Factories.PASSWORD}},
        "POST /forgotten": {"data": {"email": owner.email}},
        "POST /new-password/{token}": {"data": {"new": "another long password"}},
        "POST /apply": {"data": application},
        "POST /me/details": {"data": {"street": "Meir 1", "city": "Brugge"}},
        "POST /me/bank-accounts": {
            "data": {"iban": "FR14 2004 1010 0505 0001 3M02 606", "holder": owner.legal_name}},
        "POST /me/api-keys": {"data": {"name": "k", "scopes": "charter:read"}},
        "POST /me/password": {
            "data": {"current": Factories.PASSWORD, "new": "another long password"}},
        "POST /office/{what}/{which}": {"data": {"answer": "approve"}},
        "POST /offers/{token}": {"path": {"token": links["offer"]}},
        "POST /deliveries/{token}": {"path": {"token": links["delivery"]}},
        "POST /i/{token}": {"path": {"token": links["invoice"]}},
        "POST /attest/{token}": {"path": {"token": links["attest"]}},
        "POST /offer/code": {"data": seen},
        "POST /offer/sign": {"data": {
            **seen, "code": "000000", "typed_name": "C", "role": "Head", "consent": "yes"}},
        "POST /offer/changes": {"data": {**seen, "wishes": "Cheaper."}},
        "POST /offer/decline": {"data": {**seen, "reason": "price"}},
        "POST /deliveries/answer": {"data": {
            "answer": "accept", "milestone_id": str(rows["delivered"]),
            "delivery_id": str(rows["delivery"])}},
    }  # fmt: skip


__all__ = ["Ask", "ask_for", "headers_of"]
