"""Reviews and labels, and what each side says of the other."""

from typing import Any, Final

from guild.demo import story as tale
from guild.demo.cast import StepFailed
from guild.demo.player import Play, play

PRINCIPLES: Final = (
    "safety",
    "stability_flexibility",
    "transparency",
    "shared_prosperity",
    "fair_pay",
    "inclusion_input",
    "support_connection",
    "growth_development",
)
"""The eight of the Good Work Code: each needs an answer, and “no evidence” is one."""


@play.register
def _(step: tale.Review, playing: Play) -> None:
    rep = playing.member(step.who)
    review = rep.post("/reviews", {"contract_id": playing.contracts[step.contract]["id"]})
    path = f"/reviews/{review['id']}"
    rep.post(f"{path}/take")
    findings = [
        {
            "principle": key.split(".")[0],
            "threshold": key.split(".")[1],
            "verdict": "met",
            "evidence": text,
        }
        for key, text in step.evidence.items()
    ]
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
    playing.note(
        playing.name(step.who),
        f"reviewed {playing.contracts[step.contract]['number']}: "
        f"label {step.outcome}, confirmed by {playing.name(second)}",
    )


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
    said = ", ".join(
        f"{'' if holds else 'not '}{key.replace('_', ' ')}" for key, holds in step.answers.items()
    )
    playing.note(who, f"attested on {number}: {said} (commitment {spoken['commitment'][:12]}…)")


@play.register
def _(step: tale.Dispute, playing: Play) -> None:
    playing.settle()
    entry = _entry(playing, step.who, step.contract)
    playing.member(step.who).post(
        f"/reputation/entries/{entry['id']}/dispute", {"reason": step.reason}
    )
    playing.note(
        playing.name(step.who), f"disputed what was said of {entry['contract']}: “{step.reason}”"
    )


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
    rep.post(
        f"/reputation/disputes/{entry['dispute']['id']}/ruling",
        {"outcome": step.outcome, "reasons": step.reasons},
    )
    playing.note(playing.name(step.who), f"ruled that the entry is {step.outcome}: {step.reasons}")
