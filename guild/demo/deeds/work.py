"""Contracts from offer to acceptance, and the invoices that follow."""

from typing import Any

from guild.demo import story as tale
from guild.demo.cast import Person, StepFailed
from guild.demo.player import Play, play


def _client(playing: Play, who: str, short: str) -> dict[str, Any]:
    known = playing.clients.get((who, short))
    if known is None:
        client = playing.story.clients[short]
        known = playing.clients[who, short] = playing.member(who).post(
            "/organisations",
            {
                "name": client.name,
                "kind": client.kind,
                "country": client.country,
                "vat_number": client.vat_number,
                "enterprise_number": client.enterprise_number,
                "street": client.street,
                "postcode": client.postcode,
                "city": client.city,
                "email": client.email,
                "language": client.language,
                "contact": {
                    "name": client.contact,
                    "email": client.contact_email,
                    "language": client.language,
                },
            },
        )
    return known


def _milestones(milestones: list[tale.Milestone]) -> list[dict[str, Any]]:
    return [
        {"title": one.title, "net": one.net, "due_on": one.due_on.isoformat()} for one in milestones
    ]


@play.register
def _(step: tale.Offer, playing: Play) -> None:
    client = _client(playing, step.who, step.client)
    member = playing.member(step.who)
    optional = {
        "hours_estimate": step.hours_estimate,
        "acceptance_silence_days": step.acceptance_silence_days,
    }
    drafted = member.post(
        "/contracts",
        {
            "client_id": client["id"],
            "contact_id": client["contacts"][0]["id"],
            "title": step.title,
            "summary": step.summary,
            "milestones": _milestones(step.milestones),
            **{key: value for key, value in optional.items() if value is not None},
        },
    )
    playing.offers[step.contract] = step
    playing.contracts[step.contract] = drafted
    checks = member.post(f"/contracts/{drafted['id']}/checks")
    missing = [one["sentence"] for one in checks["findings"] if one["outcome"] == "missing"]
    if not checks["may_be_sent"]:
        raise StepFailed(f"{step.contract} may not be sent: {missing}")
    _send(playing, step.contract, drafted)


def _send(playing: Play, contract: str, drafted: dict[str, Any]) -> None:
    who = playing.owner(contract)
    sent = playing.member(who).post(
        f"/contracts/{drafted['id']}/send",
        {
            "typed_name": playing.name(who),
            "consent": True,
            "version": drafted["version"],
        },
    )
    playing.contracts[contract] = sent
    sure = "guaranteed" if sent["guaranteed"] else "paid when paid"
    playing.note(
        playing.name(who),
        f"sent {sent['number']} to {playing.client_of(contract).name}: "
        f"{sent['title']}, {sent['net']} {sent['currency']}, {sure}",
    )


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
    signed = visitor.post(
        "/offer/sign",
        {
            **_seen(offer),
            "code": playing.cast.code(client.contact_email),
            "typed_name": client.contact,
            "role": step.role,
            "consent": True,
            "time_zone": "Europe/Brussels",
        },
    )
    playing.note(client.contact, f"signed {signed['number']} with a code from the mail")


@play.register
def _(step: tale.RequestChanges, playing: Play) -> None:
    visitor, offer = _at_offer(playing, step.contract)
    answered = visitor.post("/offer/request-changes", {**_seen(offer), "wishes": step.wishes})
    playing.note(
        playing.client_of(step.contract).contact,
        f"asked for changes to {answered['number']}: “{step.wishes}”",
    )


@play.register
def _(step: tale.Decline, playing: Play) -> None:
    visitor, offer = _at_offer(playing, step.contract)
    answered = visitor.post(
        "/offer/decline", {**_seen(offer), "reason": step.reason, "note": step.text}
    )
    playing.note(
        playing.client_of(step.contract).contact,
        f"declined {answered['number']} ({step.reason}): “{step.text}”",
    )


@play.register
def _(step: tale.Revise, playing: Play) -> None:
    member = playing.member(playing.owner(step.contract))
    changed = member.ask(
        "PATCH",
        f"/contracts/{playing.contracts[step.contract]['id']}",
        {
            "summary": step.summary,
            "milestones": _milestones(step.milestones),
            "services": [],
        },
    )
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
    waiting = [
        one
        for one in visitor.get("/deliveries")["items"]
        if one["milestone_id"] == milestone and one["answered_at"] is None
    ]
    if not waiting:
        raise StepFailed(f"nothing of {step.contract} waits for an answer")
    visitor.post(f"/milestones/{milestone}/accept", {"delivery_id": waiting[0]["id"]})
    playing.note(client.contact, f"accepted “{waiting[0]['milestone_title']}”")


@play.register
def _(step: tale.Invoice, playing: Play) -> None:
    who = playing.owner(step.contract)
    member = playing.member(who)
    draft = member.post(
        "/invoices",
        {
            "contract_id": playing.contracts[step.contract]["id"],
            "milestone_ids": playing.milestone_ids(step.contract, step.milestones),
            "buyer_reference": step.buyer_reference,
        },
    )
    issued = member.post(f"/invoices/{draft['id']}/issue")
    playing.invoices[step.invoice] = {
        **issued,
        "who": who,
        "client": playing.offers[step.contract].client,
    }
    treatment = "; ".join(f"{v['category']} {v['percent'] or 'no VAT'}" for v in draft["vat"])
    playing.note(
        playing.name(who),
        f"issued {issued['number']}: {issued['net']} + VAT "
        f"{issued['vat_total']} = {issued['total']} {issued['currency']} ({treatment})",
    )


@play.register
def _(step: tale.Credit, playing: Play) -> None:
    known = playing.invoices[step.invoice]
    note = playing.member(step.who).post(
        f"/invoices/{known['id']}/credit-notes", {"reason": step.reason}
    )
    playing.invoices[f"{step.invoice}-credit"] = {
        **note,
        "who": step.who,
        "client": known["client"],
    }
    playing.note(playing.name(step.who), f"credited {known['number']} with {note['number']}")
