"""Joining, asking the fund for help, judging each other's claims."""

from guild.demo import story as tale
from guild.demo.cast import StepFailed
from guild.demo.player import Play, play


@play.register
def _(step: tale.Join, playing: Play) -> None:
    for short in step.who:
        person = playing.story.freelancers[short]
        playing.cast.stranger().post(
            "/applications",
            {
                "email": person.email,
                "password": playing.story.password,
                "legal_name": person.name,
                "display_name": person.name,
                "country": person.country,
                "language": person.language,
                "street": person.street,
                "postcode": person.postcode,
                "city": person.city,
                "vat_exempt": person.vat_exempt,
                "motivation": f"I work as a {person.trade}.",
            },
        )
        playing.cast.emails[short] = person.email
    secretary = playing.member(step.admitted_by)
    waiting = {
        one["email"]: one["id"]
        for one in secretary.get("/members", state="applicant", size=100)["items"]
    }
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
def _(step: tale.Claim, playing: Play) -> None:
    claim = playing.member(step.who).post(
        "/claims",
        {
            "kind": step.kind,
            "started_on": step.began_on.isoformat(),
            "since": step.since.isoformat(),
            "until": step.until.isoformat(),
            "capacity_lost_percent": 100,
            "statement": step.text,
        },
    )
    playing.claims[step.claim] = {**claim, "who": step.who}
    playing.note(
        playing.name(step.who),
        f"filed a claim for {claim['kind']}: {claim['days']} days, "
        f"the rules allow {claim['amount']} {claim['currency']}",
    )


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
        playing.member(short).post(
            f"/claims/{claim['id']}/verdict",
            {
                "outcome": step.verdict,
                "reason_code": step.reason_code,
                "reason": step.reason,
            },
        )
    decided = playing.member(claim["who"]).get(f"/claims/{claim['id']}")
    proof = playing.member(claim["who"]).get(f"/claims/{claim['id']}/draw-proof")["draws"][0]
    playing.note(
        "The jury",
        f"({', '.join(playing.name(j) for j in jurors)}; seed "
        f"{proof['seed'][:12]}…) decided “{decided['decisions'][-1]['outcome']}”, "
        f"{decided['granted']} {decided['currency']}: {step.reason}",
    )
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
def _(step: tale.Wait, playing: Play) -> None:
    playing.settle()
    playing.note("Guild", f"{step.until}")
