"""GST, HST and QST of a cooperative in Quebec, and the absence of tax in the United States.

GST and QST both lie on the net (the QST since 1 January 2013). A supply to another province bears
the tax of that province (Excise Tax Act, Part IX; New Harmonized Value-added Tax System
Regulations, s. 13): HST where it takes part, GST alone elsewhere. A supply to a non-resident of
Canada is zero-rated (Schedule VI, Part V), except where it concerns a place or person in Canada.
"""

import datetime as dt
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from guild.invoicing.errors import VatRateUnknown, VatUndecided
from guild.invoicing.rules.vat_facts import Category, VatDecision, VatFacts
from guild.invoicing.rules.vat_tables import wording

PROVINCES: Final = {
    "A": "NL", "B": "NS", "C": "PE", "E": "NB", "G": "QC", "H": "QC", "J": "QC", "K": "ON",
    "L": "ON", "M": "ON", "N": "ON", "P": "ON", "R": "MB", "S": "SK", "T": "AB", "V": "BC",
    "X": "NT", "Y": "YT",
}  # fmt: skip
"""The province by the first letter of a Canadian postal code."""

GENERAL: Final = frozenset({"services", "intangible", "electronic"})
"""Supplies whose place is the customer's address; others depend on where they are performed."""


class _Rate(msgspec.Struct, frozen=True):
    tax: str
    region: str
    milli: int
    source: str
    since: dt.date = msgspec.field(name="from")
    until: dt.date | None = None


class _Table(msgspec.Struct, frozen=True):
    about: str
    known_until: dt.date
    rates: list[_Rate]


@cache
def _table() -> _Table:
    source = files("guild.invoicing").joinpath("data/canada_taxes.json").read_bytes()
    return msgspec.json.decode(source, type=_Table)


def rate_milli(tax: str, region: str, on: dt.date) -> int | None:
    """The rate of a tax in a province on a day; None where the province has no such tax.

    Raises VatRateUnknown outside the table's time.
    """
    rows = [row for row in _table().rates if (row.tax, row.region) == (tax, region)]
    if not rows:
        return None
    for row in rows:
        if row.since <= on <= min(row.until or _table().known_until, _table().known_until):
            return row.milli
    raise VatRateUnknown(
        f"No rate of {tax} is on file for {on.isoformat()}.",
        mend="The table of rates has to be reviewed and extended first; an old rate is not reused.",
        country="CA",
        on=on.isoformat(),
    )


def decide_quebec(facts: VatFacts) -> VatDecision:
    """The taxes on a supply by a registrant in Quebec; raises VatUndecided."""
    if facts.seller_exempt:
        return _decision(
            "E", (), "Excise Tax Act, s. 148; Act respecting the QST, s. 294", "qc_small"
        )
    if facts.treatment == "outside_scope":
        return _decision("O", (), "", "outside")
    if facts.treatment not in {"general", "zero_rated"}:
        raise VatUndecided(
            "GST and QST know other exemptions and reduced rates than the EU.",
            mend="Say that it is taxed or zero-rated, or ask the office.",
            field="treatment",
        )
    if facts.treatment == "zero_rated":
        return _decision("Z", (), "Excise Tax Act, Schedule VI", "zero")
    if facts.buyer_country != "CA":
        if facts.supply in GENERAL or facts.supply == "goods":
            return _decision("Z", (), "Excise Tax Act, Schedule VI, Part V", "ca_export")
        raise _asks_office("A supply to a non-resident is zero-rated unless it concerns a place")
    if facts.supply not in GENERAL and facts.supply != "goods":
        region = facts.place_region
        if facts.place_country not in {"", "CA"} or not region:
            raise VatUndecided(
                "The tax of this kind of supply is that of the province where it is performed.",
                mend="Name Canada and the province (QC, ON, …) on the draft.",
                field="place_region",
            )
    else:
        region = facts.place_region or PROVINCES.get(facts.buyer_postcode[:1].upper(), "")
    if not region:
        raise VatUndecided(
            "The client's province decides between GST, HST and QST.",
            mend="Enter the client's postal code, or the province on the draft.",
            field="place_region",
        )
    return _in_province(facts, region)


def _in_province(facts: VatFacts, region: str) -> VatDecision:
    hst = rate_milli("HST", region, facts.on)
    if hst is not None:
        return _decision("S", (("HST", hst),), "Excise Tax Act, s. 165(2)", "")
    gst = rate_milli("GST", "", facts.on)
    assert gst is not None, "the table has GST"
    qst = rate_milli("QST", region, facts.on)
    if qst is None:
        return _decision("S", (("GST", gst),), "Excise Tax Act, s. 165(1)", "")
    article = "Excise Tax Act, s. 165(1); Act respecting the Québec sales tax, s. 16"
    return _decision("S", (("GST", gst), ("QST", qst)), article, "")


def decide_united_states(facts: VatFacts) -> VatDecision:
    """No tax: services of a cooperative in the United States are invoiced without any.

    Raises VatUndecided for goods, whose sales tax a state may ask for.
    """
    if facts.supply == "goods":
        raise VatUndecided(
            "A state may ask for sales tax on goods.",
            mend="Sales of goods go through the office.",
            field="supply",
        )
    return VatDecision(
        category="O", rate_milli=0, article="", reason_code="", wording=wording("none"),
        taxes=(("NONE", 0),),
    )  # fmt: skip


def _asks_office(why: str) -> VatUndecided:
    return VatUndecided(
        f"{why} or a person in Canada.",
        mend="State on the draft that it is zero-rated, or ask the office.",
        field="treatment",
    )


def _decision(
    category: Category, taxes: tuple[tuple[str, int], ...], article: str, key: str
) -> VatDecision:
    return VatDecision(
        category=category,
        rate_milli=sum(rate for _, rate in taxes),
        article=article,
        reason_code="",
        wording=wording(key) if key else {},
        taxes=taxes or ((("NONE", 0),) if category == "O" else (("GST", 0), ("QST", 0))),
    )
