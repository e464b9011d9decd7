"""What came of a story, as tables: all of it is asked of the public API."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from guild.demo.cast import StepFailed
from guild.demo.player import Play
from guild.ledger.chart import CHART, POTS

ZERO: Final = Decimal("0.00")
POT_NAMES: Final = {pot: CHART[pot].title.lower() for pot in POTS}


def report(console: Console, playing: Play) -> None:
    """All tables, in the order in which a newcomer asks."""
    console.print(_happened(playing))
    console.print(_documents(playing))
    console.print(_where_it_went(playing))
    console.print(_trial_balance(playing))
    console.print(_fund(playing))
    for table in _score(playing):
        console.print(table)
    console.print(_standing(playing))


def _table(title: str, *columns: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index in right else "left", overflow="fold")
    return table


def _happened(playing: Play) -> Table:
    table = _table("Who did what", "when", "who", "what")
    for when, who, what in playing.happened:
        table.add_row(when, who, what)
    return table


def _documents(playing: Play) -> Table:
    table = _table(
        "Documents, as their readers download them", "what", "kind", "kB", "path", right=(2,)
    )
    for contract in playing.contracts:
        now = playing.contract(contract)
        if now["sealed_at"]:
            content = playing.member(playing.owner(contract)).get(f"/contracts/{now['id']}/pdf")
            _keep(
                table,
                playing,
                f"contract {now['number']}",
                "sealed PDF",
                content,
                f"{now['number']}.pdf",
            )
    for invoice in playing.invoices.values():
        member = playing.member(invoice["who"])
        for kind, ending in (("pdf", "pdf"), ("ubl", "ubl.xml"), ("cii", "cii.xml")):
            content = member.get(f"/invoices/{invoice['id']}/{kind}")
            _keep(
                table,
                playing,
                f"{invoice['kind'].replace('_', ' ')} {invoice['number']}",
                kind.upper(),
                content,
                f"{invoice['number'].replace('/', '-')}.{ending}",
            )
    for path in sorted(playing.files.glob("*.xml")):
        if path.name.count(".") == 1:
            kind = "camt.053" if path.name.startswith("statement") else "pain.001"
            table.add_row("bank", kind, _size(path.read_bytes()), _shown(path))
    return table


def _keep(table: Table, playing: Play, what: str, kind: str, content: bytes, name: str) -> None:
    path = playing.files / name
    path.write_bytes(content)
    table.add_row(what, kind, _size(content), _shown(path))


def _size(content: bytes) -> str:
    return f"{len(content) / 1000:.1f}"


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _where_it_went(playing: Play) -> Table:
    columns = (
        "invoiced net",
        "credited",
        "waits for clients",
        "levy to the fund",
        "released",
        "advanced",
        "benefits",
        "paid out",
        "to be paid",
    )
    table = _table(
        "Where each euro went, from the members' own statements",
        "member",
        *columns,
        right=tuple(range(1, 10)),
    )
    sums = [Decimal("0.00")] * len(columns)
    for short in playing.story.freelancers:
        row = _member_row(playing, short)
        if any(row):
            table.add_row(playing.name(short), *(f"{value}" if value else "" for value in row))
        sums = [total + value for total, value in zip(sums, row, strict=True)]
    table.add_section()
    table.add_row("all", *(str(value) for value in sums), style="bold")
    return table


def _member_row(playing: Play, short: str) -> list[Decimal]:
    pending, available, benefit = (
        _statement(playing, short, code)
        for code in ("member_pending", "member_available", "benefit_payable")
    )
    invoiced, credited = pending["invoice_issued"], -pending["invoice_credited"]
    waits, released = sum(pending.values(), ZERO), available["payment_released"]
    granted = benefit["benefit_granted"]
    paid = -available["payout_approved"] - benefit["payout_approved"]
    left = sum(available.values(), ZERO) + sum(benefit.values(), ZERO)
    levy = invoiced - credited - waits - released
    return [
        invoiced,
        credited,
        waits,
        levy,
        released,
        available["advance_paid"],
        granted,
        paid,
        left,
    ]


def _statement(playing: Play, short: str, code: str) -> defaultdict[str, Decimal]:
    """The movements of a member's account by kind, as she reads them herself."""
    kinds: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    try:
        lines = playing.member(short).get(
            f"/ledger/accounts/{code}/statement", owner=playing.members[short], limit=100
        )["lines"]
    except StepFailed as refusal:
        if refusal.code != "ledger_account_not_found":
            raise
        return kinds  # nothing was ever posted on it
    for line in lines:
        kinds[line["kind"]] += Decimal(line["amount"])
    return kinds


def _trial_balance(playing: Play) -> Table:
    balance = playing.member(_officer(playing, "treasurer")).get("/ledger/trial-balance")
    table = _table(
        "Trial balance", "account", "kind", "debits", "credits", "holds or owes", right=(2, 3, 4)
    )
    debits = credited = ZERO
    for line in balance["lines"]:
        table.add_row(line["title"], line["kind"], line["debit"], line["credit"], line["balance"])
        debits += Decimal(line["debit"])
        credited += Decimal(line["credit"])
    table.add_section()
    table.add_row("sum", "", str(debits), str(credited), "", style="bold")
    if not balance["balanced"] or debits != credited:
        raise StepFailed(f"the trial balance is off: {debits} against {credited}")
    return table


def _officer(playing: Play, role: str) -> str:
    return next(short for short, one in playing.story.officers.items() if one.role == role)


def _fund(playing: Play) -> Table:
    fund = playing.member(playing.story.score_of).get("/fund")
    table = _table(
        "The fund, as any member sees it",
        "pot",
        "in this month",
        "out this month",
        "holds",
        right=(1, 2, 3),
    )
    for pot in fund["pots"]:
        table.add_row(
            POT_NAMES.get(pot["code"], pot["code"]), pot["inflow"], pot["outflow"], pot["holds"]
        )
    table.add_section()
    table.add_row("all pots", "", "", f"{fund['holds']} {fund['currency']}", style="bold")
    ratio = fund["reserve_ratio"] or "nothing advanced"
    table.caption = (
        f"cash {fund['cash']}, advances out {fund['advances_out']}, exposure "
        f"{fund['exposure']}, reserve ratio {ratio}, charter {fund['charter_version']}"
    )
    return table


def _score(playing: Play) -> list[Table]:
    short = playing.story.score_of
    member = playing.member(short)
    explained = member.get(f"/reputation/members/{playing.members[short]}/explanation")
    return _explanation(playing.name(short), explained)


def _explanation(name: str, explained: dict[str, Any]) -> list[Table]:
    table = _table(f"The score of {name}, with its explanation", "part", "value")
    plain = {**explained["score"], **{f"weight of {k}": v for k, v in explained["weights"].items()}}
    plain |= {k: v for k, v in explained.items() if not isinstance(v, (list, dict))}
    for key, value in plain.items():
        table.add_row(key.replace("_", " "), "" if value is None else str(value))
    listed = _table(
        "What made it: every entry, nothing else",
        "period",
        "contract",
        "answers",
        "standing",
        "value",
        "weight",
        "excluded because",
    )
    for entry in explained["entries"]:
        answers = ", ".join(
            f"{'' if holds else 'not '}{key}".replace("_", " ")
            for key, holds in entry["answers"].items()
        )
        listed.add_row(
            entry["period"],
            entry["contract"],
            answers,
            entry["standing"],
            entry["value"],
            entry["weight"],
            entry["excluded"],
        )
    return [table, listed]


def _standing(playing: Play) -> Table:
    table = _table("Contracts at the end", "number", "title", "state", "sealed", "client")
    for contract in playing.contracts:
        now = playing.contract(contract)
        table.add_row(
            now["number"],
            now["title"],
            now["state"],
            "yes" if now["sealed_at"] else "",
            now["client_name"],
        )
    return table
