"""From the fields of the drafting forms to what the commands take, and back.

A refused value keeps what was typed: faults name the field and say what to write.
"""

import re
from datetime import date
from typing import Any, Final

import msgspec

from guild.contracts.rules.amounts import amount
from guild.contracts.rules.library import library
from guild.contracts.schemas import ContractIn
from guild.core.errors import GuildError

Faults = list[dict[str, str]]
ROWS: Final = 6
"""Rows of deliveries that the form offers."""
TEXTS: Final = (
    "title", "summary", "services_list_due", "long_term_reason", "expenses", "rights_scope",
    "rights_territory", "work_place", "client_phone", "member_phone",
)  # fmt: skip
NUMBERS: Final = ("hours_estimate", "payment_term_days", "rights_term_months",
                  "rights_report_months", "acceptance_silence_days")  # fmt: skip
"""Whole numbers that may be left empty."""
WHOLE: Final = ("notice_days", "revision_rounds")
AMOUNTS: Final = ("expenses_cap", "unpaid_costs", "revision_hours")
CODES: Final = ("law_region", "member_region", "client_region")
CHOSEN: Final = ("rights", "payment_counts_from", "language", "profession", "currency")
TICKS: Final = ("long_term_agreed", "rights_exclusive")
DEAL_FIELDS: Final = {
    "fixed": ("price", "due_on"),
    "time": ("unit", "rate_card", "rate", "estimate", "ends_on", "cap"),
    "retainer": ("period", "amount", "first_on", "periods", "included", "notice_days"),
    "licence": ("fee", "starts_on"),
}
DEAL_NUMBERS: Final = ("periods", "notice_days")


def drafted(form: dict[str, str], before: dict[str, Any]) -> ContractIn:
    """The whole draft: what the form says over what it was. Raises msgspec.ValidationError."""
    data = {**before, **_typed(form)}
    for name in WHOLE:
        if form.get(name, "").strip():
            data[name] = _number(form[name])
    if form.get("kill_fee", "").strip():
        data["kill_fee_bps"] = _percent(form["kill_fee"])
    if "ticks" in form:
        data |= {name: form.get(name) == "yes" for name in TICKS}
        passed_on = form.get("rights_transferable", "")
        data["rights_transferable"] = {"yes": True, "no": False}.get(passed_on)
    if not data.get("rights_scope"):
        data["rights_scope"] = None
    data |= deal_of(form)
    if "clauses" in form:
        data["library"] = _clauses(form)
    return msgspec.convert(data, ContractIn)


def _typed(form: dict[str, str]) -> dict[str, Any]:
    """The fields that the form has, each as the wire writes it."""
    texts: dict[str, Any] = {
        name: form[name].strip() for name in (*TEXTS, *CODES, *CHOSEN) if name in form
    }
    numbers: dict[str, Any] = {name: _number(form[name]) for name in NUMBERS if name in form}
    amounts: dict[str, Any] = {name: amount(form[name]) for name in AMOUNTS if name in form}
    return {**texts, **numbers, **amounts}


def deal_of(form: dict[str, str]) -> dict[str, Any]:
    """Kind, price and days; nothing when the form does not speak of them."""
    kind = form.get("kind", "")
    if kind in DEAL_FIELDS:
        deal: dict[str, Any] = {"kind": kind}
        for name in DEAL_FIELDS[kind]:
            value = form.get(f"deal_{name}", "").strip()
            if value and name in DEAL_NUMBERS:
                deal[name] = _number(value)
            elif value:
                money = name in ("price", "rate", "estimate", "cap", "amount", "fee")
                deal[name] = amount(value) if money else value
        if deal.get("rate_card"):
            deal.pop("rate", None)  # the page fills it from the draft; what is picked now counts
        return {"deal": deal, "milestones": []}
    if kind == "milestones":
        return {"deal": {"kind": "milestones"}, "milestones": _rows(form)}
    return {}


def _rows(form: dict[str, str]) -> list[dict[str, Any]]:
    rows = []
    for row in range(ROWS):
        title, net, due = (
            form.get(f"m{row}_{part}", "").strip() for part in ("title", "net", "due")
        )
        if title or net or due:
            rows.append({"title": title, "net": amount(net) or "", "due_on": due})
    return rows


def _clauses(form: dict[str, str]) -> list[dict[str, Any]]:
    chosen = []
    for name, clause in library().items():
        if clause.use != "always" and form.get(f"clause_{name}") != "yes":
            continue
        newest = max(clause.versions, key=lambda one: one.version)
        values: dict[str, int | str | None] = {}
        for variable in newest.own:
            typed = form.get(f"{name}.{variable.name}", "").strip()
            if variable.type in ("text", "choice"):
                values[variable.name] = typed
            elif typed:
                values[variable.name] = (
                    _percent(typed) if variable.type == "percent" else _number(typed)
                )
        chosen.append({"id": name, "values": values})
    return chosen


def _number(typed: str) -> int | str | None:
    """A whole number, nothing, or the text itself for the shape to refuse."""
    bare = typed.strip()
    if not bare:
        return None
    return int(bare) if re.fullmatch(r"[0-9]{1,9}", bare) else bare


def _percent(typed: str) -> int | str:
    """25 or 12,5 percent as basis points."""
    found = re.fullmatch(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?", typed.strip().rstrip("% "))
    if found is None:
        return typed
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def faults_of(refusal: Exception) -> Faults:
    """What to put right, with the field of the form that holds it."""
    if isinstance(refusal, GuildError):
        text = f"{refusal.detail} {refusal.mend}".strip()
        return [{"field": field_of(refusal.field or ""), "text": text}]
    found = re.search(r"`\$\.([\w.\[\]]+)`?", str(refusal))
    path = found[1] if found else ""
    missing = re.search(r"required field `(\w+)`", str(refusal))
    if missing:
        path = f"{path}.{missing[1]}".lstrip(".")
    return [{"field": field_of(path), "text": f"{_said(path)}: {_reason(str(refusal))}"}]


def field_of(path: str) -> str:
    """The id of the form's field for a path of the wire."""
    row = re.match(r"milestones\[(\d+)\]\.?(\w*)", path)
    if row:
        part = {"net": "net", "due_on": "due"}.get(row[2], "title")
        return f"m{row[1]}_{part}"
    if path.startswith("deal"):
        return "deal_" + (path.partition(".")[2] or "price")
    return {"kill_fee_bps": "kill_fee", "milestones": "m0_title", "law.region": "law_region",
            "library": "clauses", "member_address": "title"}.get(path, path)  # fmt: skip


def _said(path: str) -> str:
    words = path.rpartition(".")[2].replace("_", " ").strip() or "the form"
    return words[:1].upper() + words[1:]


def _reason(text: str) -> str:
    if "required field" in text:
        return "write something here."
    if "date" in text.lower():
        return "choose a day."
    if "pattern" in text or "Expected `int" in text or "Expected `str" in text:
        return "write it as the hint shows."
    if "length" in text:
        return "it is empty or too long."
    if "<=" in text or ">=" in text:
        return "this number is out of range."
    return "this does not fit."


def shown(before: dict[str, Any]) -> dict[str, str]:
    """The fields of the form as a saved draft fills them."""
    form = {
        name: "" if before.get(name) is None else str(before[name])
        for name in (*TEXTS, *CODES, *CHOSEN, *NUMBERS, *WHOLE, *AMOUNTS)
    }
    bps = int(before.get("kill_fee_bps", 0))
    form["kill_fee"] = f"{bps / 100:g}"
    for name in TICKS:
        form[name] = "yes" if before.get(name) else ""
    transferable = before.get("rights_transferable")
    form["rights_transferable"] = "" if transferable is None else ("yes" if transferable else "no")
    deal = before.get("deal") or {"kind": "milestones"}
    form["kind"] = deal["kind"]
    form |= {f"deal_{name}": "" if v is None else str(v) for name, v in deal.items()}
    for row, one in enumerate(before.get("milestones") or []):
        form |= {f"m{row}_title": one["title"], f"m{row}_net": one["net"],
                 f"m{row}_due": _day(one["due_on"])}  # fmt: skip
    return form


def _day(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()
