"""One function per kind of step: what the person would do in a browser or with a program."""

import time
from collections.abc import Callable
from functools import singledispatch
from pathlib import Path
from typing import Any, Final

from guild.demo import story as tale
from guild.demo.bank import fill
from guild.demo.cast import Cast, Person, StepFailed

SETTLE_S: Final = 90
"""How long the background may take to come to rest after a step."""
PRINCIPLES: Final = (
    "safety", "stability_flexibility", "transparency", "shared_prosperity", "fair_pay",
    "inclusion_input", "support_connection", "growth_development",
)  # fmt: skip
"""The eight of the Good Work Code: each needs an answer, and “no evidence” is one."""


class Play:
    """A story being played: who is who, what is called what, and what happened so far."""

    def __init__(self, story: tale.Story, folder: Path, cast: Cast, files: Path) -> None:
        self.story: Final = story
        self.folder: Final = folder
        self.cast: Final = cast
        self.files: Final = files
        self.members: Final[dict[str, str]] = {}
        self.clients: Final[dict[tuple[str, str], dict[str, Any]]] = {}
        self.contracts: Final[dict[str, dict[str, Any]]] = {}
        self.offers: Final[dict[str, tale.Offer]] = {}
        self.invoices: Final[dict[str, dict[str, Any]]] = {}
        self.claims: Final[dict[str, dict[str, Any]]] = {}
        self.payouts: Final[dict[str, dict[str, Any]]] = {}
        self.closings: Final[list[str]] = []
        self.labels: Final[list[dict[str, Any]]] = []
        self.attestations: Final[dict[tuple[str, str], dict[str, Any]]] = {}
        self.happened: Final[list[tuple[str, str, str]]] = []

    def note(self, who: str, what: str) -> None:
        """Put a line on the record that is printed at the end."""
        self.happened.append((f"{self.cast.moment:%d %b %H:%M}", who, what))

    def name(self, short: str) -> str:
        """The full name of a person of the story."""
        people = {**self.story.officers, **self.story.freelancers}
        return people[short].name

    def member(self, short: str) -> Person:
        """A member, signed in."""
        return self.cast.member(short)

    def client_of(self, contract: str) -> tale.Client:
        """The client of a contract."""
        return self.story.clients[self.offers[contract].client]

    def owner(self, contract: str) -> str:
        """The freelancer of a contract."""
        return self.offers[contract].who

    def contract(self, contract: str) -> dict[str, Any]:
        """A contract as its freelancer reads it now."""
        found: dict[str, Any] = self.member(self.owner(contract)).get(
            f"/contracts/{self.contracts[contract]['id']}"
        )
        return found

    def milestone_ids(self, contract: str, numbers: list[int]) -> list[str]:
        """The ids of milestones by their place in the contract."""
        by_place = {m["position"]: m["id"] for m in self.contract(contract)["milestones"]}
        first = min(by_place)
        return [by_place[first + number - 1] for number in numbers]

    def settle(self) -> None:
        """Wait until the background has nothing left to do at this moment."""
        operator = next(k for k, o in self.story.officers.items() if o.role == "operator")
        person = self.member(operator)
        until = time.monotonic() + SETTLE_S
        while True:
            queue = person.get("/operations/queue")
            if queue["dead"]:
                dead = person.get("/operations/dead-jobs")
                raise StepFailed(f"jobs failed for good: {dead}")
            if not queue["due"] and not queue["slots_open"]:
                return
            if time.monotonic() > until:
                raise StepFailed(f"the background did not come to rest: {queue}")
            time.sleep(0.05)


@singledispatch
def play(step: Any, playing: Play) -> None:
    """Do what a step says."""
    raise StepFailed(f"no way is known to play {type(step).__name__}")


@play.register
def _(step: tale.Join, playing: Play) -> None:
    for short in step.who:
        person = playing.story.freelancers[short]
        playing.cast.stranger().post("/applications", {
            "email": person.email, "password": playing.story.password, "legal_name": person.name,
            "display_name": person.name, "country": person.country, "language": person.language,
            "street": person.street, "postcode": person.postcode, "city": person.city,
            "vat_exempt": person.vat_exempt, "motivation": f"I work as a {person.trade}.",
        })  # fmt: skip
        playing.cast.emails[short] = person.email
    secretary = playing.member(step.admitted_by)
    waiting = {one["email"]: one["id"] for one in secretary.get("/members", state="applicant", size=100)["items"]}
    for short in step.who:
        playing.members[short] = waiting[playing.cast.emails[short]]
        secretary.post(f"/members/{playing.members[short]}/admit")
        person = playing.story.freelancers[short]
        account = playing.member(short).post(
            "/me/bank-accounts", {"iban": person.iban, "holder": person.name}
        )
        playing.member(step.accounts_approved_by).post(
            f"/bank-account-changes/{account['id']}/approve"
        )
    names = ", ".join(playing.name(short) for short in step.who)
    playing.note(playing.name(step.admitted_by), f"admitted {names}")


@play.register
def _(step: tale.Endow, playing: Play) -> None:
    treasurer, coop = playing.member(step.who), playing.story.cooperative
    treasurer.post("/bank-accounts", {
        "name": "Current account", "iban": coop.iban, "bic": coop.bic, "currency": coop.currency,
        "opening_balance": step.opening_balance, "opened_on": step.at.date().isoformat(),
    })  # fmt: skip
    for pot, amount in step.pots.items():
        treasurer.post("/fund/endowments", {"pot": pot, "amount": amount, "text": step.text})
    playing.closings.append(step.opening_balance)
    playing.note(playing.name(step.who), f"opened the bank account with {step.opening_balance} "
                 f"{coop.currency} and endowed {', '.join(step.pots)}: {step.text}")  # fmt: skip


def _client(playing: Play, who: str, short: str) -> dict[str, Any]:
    known = playing.clients.get((who, short))
    if known is None:
        client = playing.story.clients[short]
        known = playing.clients[who, short] = playing.member(who).post("/organisations", {
            "name": client.name, "kind": client.kind, "country": client.country,
            "vat_number": client.vat_number, "enterprise_number": client.enterprise_number,
            "street": client.street, "postcode": client.postcode, "city": client.city,
            "email": client.email, "language": client.language,
            "contact": {"name": client.contact, "email": client.contact_email,
                        "language": client.language},
        })  # fmt: skip
    return known


def _milestones(milestones: list[tale.Milestone]) -> list[dict[str, Any]]:
    return [
        {"title": one.title, "net": one.net, "due_on": one.due_on.isoformat()}
        for one in milestones
    ]


@play.register
def _(step: tale.Offer, playing: Play) -> None:
    client = _client(playing, step.who, step.client)
    member = playing.member(step.who)
    optional = {
        "hours_estimate": step.hours_estimate,
        "acceptance_silence_days": step.acceptance_silence_days,
    }
    drafted = member.post("/contracts", {
        "client_id": client["id"], "contact_id": client["contacts"][0]["id"],
        "title": step.title, "summary": step.summary, "milestones": _milestones(step.milestones),
        **{key: value for key, value in optional.items() if value is not None},
    })  # fmt: skip
    playing.offers[step.contract] = step
    playing.contracts[step.contract] = drafted
    checks = member.post(f"/contracts/{drafted['id']}/checks")
    missing = [one["sentence"] for one in checks["findings"] if one["outcome"] == "missing"]
    if not checks["may_be_sent"]:
        raise StepFailed(f"{step.contract} may not be sent: {missing}")
    _send(playing, step.contract, drafted)


def _send(playing: Play, contract: str, drafted: dict[str, Any]) -> None:
    who = playing.owner(contract)
    sent = playing.member(who).post(f"/contracts/{drafted['id']}/send", {
        "typed_name": playing.name(who), "consent": True, "version": drafted["version"],
    })  # fmt: skip
    playing.contracts[contract] = sent
    sure = "guaranteed" if sent["guaranteed"] else "paid when paid"
    playing.note(playing.name(who), f"sent {sent['number']} to {playing.client_of(contract).name}: "
                 f"{sent['title']}, {sent['net']} {sent['currency']}, {sure}")  # fmt: skip


def _at_offer(playing: Play, contract: str) -> tuple[Person, dict[str, Any]]:
    playing.settle()
    client = playing.client_of(contract)
    number = playing.contracts[contract]["number"]
    token = playing.cast.link(client.contact_email, "offers", playing.offers[contract].title)
    visitor = playing.cast.visitor(token)
    offer = visitor.get("/offer")
    if offer["number"] != number:
        raise StepFailed(f"the link opened {offer['number']} and not {number}")
    return visitor, offer


def _seen(offer: dict[str, Any]) -> dict[str, Any]:
    return {"version": offer["version"], "shown_sha256": offer["shown_sha256"]}


@play.register
def _(step: tale.Sign, playing: Play) -> None:
    visitor, offer = _at_offer(playing, step.contract)
    client = playing.client_of(step.contract)
    visitor.post("/offer/code", _seen(offer))
    playing.settle()
    signed = visitor.post("/offer/sign", {
        **_seen(offer), "code": playing.cast.code(client.contact_email),
        "typed_name": client.contact, "role": step.role, "consent": True,
        "time_zone": "Europe/Brussels",
    })  # fmt: skip
    playing.note(client.contact, f"signed {signed['number']} with a code from the mail")


@play.register
def _(step: tale.RequestChanges, playing: Play) -> None:
    visitor, offer = _at_offer(playing, step.contract)
    answered = visitor.post("/offer/request-changes", {**_seen(offer), "wishes": step.wishes})
    playing.note(playing.client_of(step.contract).contact,
                 f"asked for changes to {answered['number']}: “{step.wishes}”")  # fmt: skip


@play.register
def _(step: tale.Decline, playing: Play) -> None:
    visitor, offer = _at_offer(playing, step.contract)
    answered = visitor.post(
        "/offer/decline", {**_seen(offer), "reason": step.reason, "note": step.text}
    )
    playing.note(playing.client_of(step.contract).contact,
                 f"declined {answered['number']} ({step.reason}): “{step.text}”")  # fmt: skip


@play.register
def _(step: tale.Revise, playing: Play) -> None:
    member = playing.member(playing.owner(step.contract))
    changed = member.ask("PATCH", f"/contracts/{playing.contracts[step.contract]['id']}", {
        "summary": step.summary, "milestones": _milestones(step.milestones), "services": [],
    })  # fmt: skip
    _send(playing, step.contract, changed)


@play.register
def _(step: tale.Deliver, playing: Play) -> None:
    who = playing.owner(step.contract)
    [milestone] = playing.milestone_ids(step.contract, [step.milestone])
    delivery = playing.member(who).post(f"/milestones/{milestone}/deliveries", {"note": step.note})
    playing.note(playing.name(who), f"delivered “{delivery['milestone_title']}”")


@play.register
def _(step: tale.Accept, playing: Play) -> None:
    playing.settle()
    client = playing.client_of(step.contract)
    contract = playing.contract(step.contract)
    token = playing.cast.link(client.contact_email, "deliveries", contract["number"])
    visitor = playing.cast.visitor(token)
    [milestone] = playing.milestone_ids(step.contract, [step.milestone])
    waiting = [one for one in visitor.get("/deliveries")["items"]
               if one["milestone_id"] == milestone and one["answered_at"] is None]  # fmt: skip
    if not waiting:
        raise StepFailed(f"nothing of {step.contract} waits for an answer")
    visitor.post(f"/milestones/{milestone}/accept", {"delivery_id": waiting[0]["id"]})
    playing.note(client.contact, f"accepted “{waiting[0]['milestone_title']}”")


@play.register
def _(step: tale.Invoice, playing: Play) -> None:
    who = playing.owner(step.contract)
    member = playing.member(who)
    draft = member.post("/invoices", {
        "contract_id": playing.contracts[step.contract]["id"],
        "milestone_ids": playing.milestone_ids(step.contract, step.milestones),
        "buyer_reference": step.buyer_reference,
    })  # fmt: skip
    issued = member.post(f"/invoices/{draft['id']}/issue")
    playing.invoices[step.invoice] = {**issued, "who": who, "client": playing.offers[step.contract].client}
    treatment = "; ".join(f"{v['category']} {v['percent'] or 'no VAT'}" for v in draft["vat"])
    playing.note(playing.name(who), f"issued {issued['number']}: {issued['net']} + VAT "
                 f"{issued['vat_total']} = {issued['total']} {issued['currency']} ({treatment})")  # fmt: skip


@play.register
def _(step: tale.Credit, playing: Play) -> None:
    known = playing.invoices[step.invoice]
    note = playing.member(step.who).post(
        f"/invoices/{known['id']}/credit-notes", {"reason": step.reason}
    )
    playing.invoices[f"{step.invoice}-credit"] = {**note, "who": step.who, "client": known["client"]}
    playing.note(playing.name(step.who), f"credited {known['number']} with {note['number']}")


@play.register
def _(step: tale.Statement, playing: Play) -> None:
    treasurer = playing.member(step.who)
    content = fill(playing, playing.folder / step.file)
    (playing.files / step.file).write_bytes(content)
    came = treasurer.ask(
        "POST", "/bank-statements", content=content, headers={"Content-Type": "application/xml"}
    )
    again = treasurer.ask(
        "POST", "/bank-statements", content=content, headers={"Content-Type": "application/xml"}
    )
    if again["new_entries"]:
        raise StepFailed("the same statement was booked twice")
    [statement] = came["statements"]
    playing.closings.append(statement["closing"])
    playing.note(playing.name(step.who), f"imported statement {statement['number']}: "
                 f"{came['new_entries']} entries, {statement['opening']} → {statement['closing']}; "
                 f"{came['suggested']} suggestions, {came['payouts_settled']} payouts settled")  # fmt: skip


@play.register
def _(step: tale.Match, playing: Play) -> None:
    treasurer = playing.member(step.who)
    for entry in treasurer.get("/bank-entries", state="open", limit=100)["items"]:
        offered = treasurer.get(f"/bank-entries/{entry['id']}/suggestions")
        best = [one for one in offered if one["verdict"] in {"sure", "likely", "paid_twice"}]
        if len(best) != 1:
            playing.note(playing.name(step.who), f"left {entry['amount']} from "
                         f"{entry['counterparty'] or 'nobody named'} in suspense")  # fmt: skip
            continue
        done = treasurer.post(
            f"/bank-entries/{entry['id']}/confirm", {"invoice_id": best[0]["invoice_id"]}
        )
        playing.note(playing.name(step.who), f"matched {entry['amount']} with {best[0]['number']} "
                     f"({best[0]['verdict']}): paid {done['paid']}, on account {done['surplus']}")  # fmt: skip


@play.register
def _(step: tale.Payouts, playing: Play) -> None:
    preparer = playing.member(step.prepared_by)
    skipped = []
    try:
        skipped = preparer.post("/payouts/run", {"purpose": "earnings"})["skipped"]
    except StepFailed as refusal:
        if refusal.code != "nothing_to_pay":
            raise
    asked = preparer.get("/payouts", state="requested", limit=100)["items"]
    for payout in asked:
        for approver in step.approved_by:
            playing.member(approver).post(f"/payouts/{payout['id']}/approve")
    batch = preparer.post("/payment-batches", {})
    content = preparer.get(f"/payment-batches/{batch['id']}/file")
    (playing.files / f"{batch['message_id']}.xml").write_bytes(content)
    preparer.post(f"/payment-batches/{batch['id']}/sent")
    for payout in asked:
        playing.payouts[payout["number"]] = payout
    for one in skipped:
        playing.note("Guild", f"did not pay {one['amount']}: {one['reason']}")
    approvers = " and ".join(playing.name(short) for short in step.approved_by)
    playing.note(playing.name(step.prepared_by), f"sent {batch['payments']} payouts, "
                 f"{batch['total']} {batch['currency']}, approved by {approvers}")  # fmt: skip


@play.register
def _(step: tale.Claim, playing: Play) -> None:
    claim = playing.member(step.who).post("/claims", {
        "kind": step.kind, "started_on": step.began_on.isoformat(),
        "since": step.since.isoformat(), "until": step.until.isoformat(),
        "capacity_lost_percent": 100, "statement": step.text,
    })  # fmt: skip
    playing.claims[step.claim] = {**claim, "who": step.who}
    playing.note(playing.name(step.who), f"filed a claim for {claim['kind']}: {claim['days']} days, "
                 f"the rules allow {claim['amount']} {claim['currency']}")  # fmt: skip


@play.register
def _(step: tale.Judge, playing: Play) -> None:
    playing.settle()
    claim = playing.claims[step.claim]
    jurors = _jurors(playing, claim["id"])
    if not jurors:
        raise StepFailed("nobody was drawn")
    for short in jurors:
        playing.member(short).post(f"/claims/{claim['id']}/invitation", {"accept": True})
    for short in jurors:
        playing.member(short).post(f"/claims/{claim['id']}/verdict", {
            "outcome": step.verdict, "reason_code": step.reason_code, "reason": step.reason,
        })  # fmt: skip
    decided = playing.member(claim["who"]).get(f"/claims/{claim['id']}")
    proof = playing.member(claim["who"]).get(f"/claims/{claim['id']}/draw-proof")["draws"][0]
    playing.note("The jury", f"({', '.join(playing.name(j) for j in jurors)}; seed "
                 f"{proof['seed'][:12]}…) decided “{decided['decisions'][-1]['outcome']}”, "
                 f"{decided['granted']} {decided['currency']}: {step.reason}")  # fmt: skip
    if decided["granted"] not in {"0.00", "0"}:
        playing.member(claim["who"]).post(f"/claims/{claim['id']}/payout")


def _jurors(playing: Play, claim_id: str) -> list[str]:
    drawn = []
    for short in (*playing.story.freelancers, *playing.story.officers):
        cases = playing.member(short).get("/jury/claims")["cases"]
        if any(case["claim"]["id"] == claim_id for case in cases):
            drawn.append(short)
    return drawn


@play.register
def _(step: tale.Review, playing: Play) -> None:
    rep = playing.member(step.who)
    review = rep.post("/reviews", {"contract_id": playing.contracts[step.contract]["id"]})
    path = f"/reviews/{review['id']}"
    rep.post(f"{path}/take")
    findings = [
        {"principle": key.split(".")[0], "threshold": key.split(".")[1], "verdict": "met",
         "evidence": text}
        for key, text in step.evidence.items()
    ]  # fmt: skip
    findings += [
        {"principle": principle, "threshold": "basic", "verdict": "no_evidence"}
        for principle in PRINCIPLES
        if f"{principle}.basic" not in step.evidence
    ]
    rep.ask("PUT", f"{path}/findings", {"findings": findings, "note_to_member": step.reasons})
    proposed = rep.post(f"{path}/conclude", {"outcome": step.outcome, "reasons": step.reasons})
    second = _second_rep(playing, proposed, step.who)
    done = playing.member(second).post(f"{path}/confirm", {"agree": True})
    playing.labels.append(done)
    playing.note(playing.name(step.who), f"reviewed {playing.contracts[step.contract]['number']}: "
                 f"label {step.outcome}, confirmed by {playing.name(second)}")  # fmt: skip


def _second_rep(playing: Play, review: dict[str, Any], first: str) -> str:
    for short, officer in playing.story.officers.items():
        if officer.role == "rep" and short != first:
            mine = playing.member(short).get("/reviews")
            if any(line["id"] == review["id"] and line["with_you"] for line in mine):
                return short
    raise StepFailed("no second rep was drawn")


@play.register
def _(step: tale.Attest, playing: Play) -> None:
    playing.settle()
    client = playing.client_of(step.contract)
    number = playing.contracts[step.contract]["number"]
    if step.by == "client":
        token = playing.cast.link(client.contact_email, "attest", number)
        spoken = playing.cast.visitor(token).post(
            "/reputation/link/attestation", {"answers": step.answers}
        )
        who = client.contact
    else:
        spoken = playing.member(playing.owner(step.contract)).post(
            "/reputation/attestations",
            {"contract_id": playing.contracts[step.contract]["id"], "answers": step.answers},
        )
        who = playing.name(playing.owner(step.contract))
    said = ", ".join(f"{'' if holds else 'not '}{key.replace('_', ' ')}"
                     for key, holds in step.answers.items())  # fmt: skip
    playing.note(who, f"attested on {number}: {said} (commitment {spoken['commitment'][:12]}…)")


@play.register
def _(step: tale.Dispute, playing: Play) -> None:
    playing.settle()
    entry = _entry(playing, step.who, step.contract)
    playing.member(step.who).post(
        f"/reputation/entries/{entry['id']}/dispute", {"reason": step.reason}
    )
    playing.note(playing.name(step.who), f"disputed what was said of {entry['contract']}: "
                 f"“{step.reason}”")  # fmt: skip


def _entry(playing: Play, who: str, contract: str) -> dict[str, Any]:
    number = playing.contracts[contract]["number"]
    for entry in playing.member(who).get("/reputation/entries"):
        if number in entry["contract"]:
            found: dict[str, Any] = entry
            return found
    raise StepFailed(f"{who} has no entry about {number}")


@play.register
def _(step: tale.Rule, playing: Play) -> None:
    entry = _entry(playing, playing.owner(step.contract), step.contract)
    rep = playing.member(step.who)
    rep.post(f"/reputation/disputes/{entry['dispute']['id']}/ruling",
             {"outcome": step.outcome, "reasons": step.reasons})  # fmt: skip
    playing.note(playing.name(step.who), f"ruled that the entry is {step.outcome}: {step.reasons}")


@play.register
def _(step: tale.Wait, playing: Play) -> None:
    playing.settle()
    playing.note("Guild", f"{step.until}")


Progress = Callable[[int, tale.AnyStep], None]


def play_all(playing: Play, progress: Progress) -> None:
    """Play every step; an error names the step that failed."""
    day = None
    for number, step in enumerate(playing.story.step, 1):
        progress(number, step)
        playing.cast.turn(step.at)
        try:
            if step.at.date() != day:
                playing.settle()
                day = step.at.date()
            play(step, playing)
        except (StepFailed, KeyError) as wrong:
            kind = type(step).__name__
            raise StepFailed(f"step {number} ({kind}, {step.at}): {wrong}") from wrong
    playing.settle()
