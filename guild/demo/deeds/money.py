"""The bank account, its statements, what they pay, and payouts."""

from guild.demo import story as tale
from guild.demo.bank import fill
from guild.demo.cast import StepFailed
from guild.demo.player import Play, play


@play.register
def _(step: tale.Endow, playing: Play) -> None:
    treasurer, coop = playing.member(step.who), playing.story.cooperative
    treasurer.post(
        "/bank-accounts",
        {
            "name": "Current account",
            "iban": coop.iban,
            "bic": coop.bic,
            "currency": coop.currency,
            "opening_balance": step.opening_balance,
            "opened_on": step.at.date().isoformat(),
        },
    )
    for pot, amount in step.pots.items():
        treasurer.post("/fund/endowments", {"pot": pot, "amount": amount, "text": step.text})
    playing.closings.append(step.opening_balance)
    playing.note(
        playing.name(step.who),
        f"opened the bank account with {step.opening_balance} "
        f"{coop.currency} and endowed {', '.join(step.pots)}: {step.text}",
    )


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
    playing.note(
        playing.name(step.who),
        f"imported statement {statement['number']}: "
        f"{came['new_entries']} entries, {statement['opening']} → {statement['closing']}; "
        f"{came['suggested']} suggestions, {came['payouts_settled']} payouts settled",
    )


@play.register
def _(step: tale.Match, playing: Play) -> None:
    treasurer = playing.member(step.who)
    for entry in treasurer.get("/bank-entries", state="open", limit=100)["items"]:
        offered = treasurer.get(f"/bank-entries/{entry['id']}/suggestions")
        best = [one for one in offered if one["verdict"] in {"sure", "likely", "paid_twice"}]
        if len(best) != 1:
            playing.note(
                playing.name(step.who),
                f"left {entry['amount']} from "
                f"{entry['counterparty'] or 'nobody named'} in suspense",
            )
            continue
        done = treasurer.post(
            f"/bank-entries/{entry['id']}/confirm", {"invoice_id": best[0]["invoice_id"]}
        )
        playing.note(
            playing.name(step.who),
            f"matched {entry['amount']} with {best[0]['number']} "
            f"({best[0]['verdict']}): paid {done['paid']}, on account {done['surplus']}",
        )


@play.register
def _(step: tale.Payouts, playing: Play) -> None:
    preparer = playing.member(step.prepared_by)
    skipped = []
    try:
        skipped = preparer.post("/payout-runs", {"purpose": "earnings"})["skipped"]
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
    playing.note(
        playing.name(step.prepared_by),
        f"sent {batch['payments']} payouts, "
        f"{batch['total']} {batch['currency']}, approved by {approvers}",
    )
