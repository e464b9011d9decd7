"""The series of numbers, and the proof that each is complete.

Article 226(2) of Directive 2006/112/EC asks for a sequential number that identifies the invoice;
an inspector asks whether one is missing. A series is whole when its documents count 1, 2, 3 … up
to its counter, none twice, their dates never going back, and each number is the text that its
place in the series has.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, Final, cast

from sqlalchemy import text

from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.rules.numbering import number_text
from guild.invoicing.schemas.series import SeriesOut

SERIES: Final = text(
    """SELECT s.kind, s.year, s.next, s.number_format, count(i.id) AS documents,
              min(i.issued_on) AS first_date, max(i.issued_on) AS last_date,
              min(i.sequence) AS lowest, max(i.sequence) AS highest,
              count(DISTINCT i.sequence) AS distinct_numbers
         FROM number_series s
         LEFT JOIN invoice i ON i.kind = s.kind AND i.series_year = s.year
        WHERE s.year = coalesce(:year, s.year)
        GROUP BY s.kind, s.year
        ORDER BY s.year DESC, s.kind"""
)
GAPS: Final = text(
    """SELECT kind, series_year AS year, before, sequence FROM (
           SELECT kind, series_year, sequence,
                  lag(sequence, 1, 0) OVER (PARTITION BY kind, series_year ORDER BY sequence)
                      AS before
             FROM invoice WHERE sequence IS NOT NULL) AS numbered
        WHERE sequence <> before + 1"""
)
BACKWARDS: Final = text(
    """SELECT kind, series_year AS year, number, issued_on, before FROM (
           SELECT kind, series_year, number, issued_on,
                  lag(issued_on) OVER (PARTITION BY kind, series_year ORDER BY sequence) AS before
             FROM invoice WHERE sequence IS NOT NULL) AS dated
        WHERE issued_on < before"""
)
TOTALS: Final = text(
    """SELECT kind, series_year AS year, currency, sum(total_minor)::bigint AS minor
         FROM invoice WHERE sequence IS NOT NULL GROUP BY kind, series_year, currency"""
)
LISTING: Final = text(
    """SELECT number, sequence, issued_on, currency, net_minor, vat_minor, total_minor,
              coalesce(buyer ->> 'name', '') AS buyer, coalesce(buyer ->> 'vat_number', '') AS vat
         FROM invoice WHERE kind = :kind AND series_year = :year AND sequence > :after
        ORDER BY sequence LIMIT :batch"""
)
BATCH: Final = 1000
Key = tuple[str, int]


async def list_series(work: Work, year: int | None = None) -> list[SeriesOut]:
    """Every series, or those of a year, newest first, each with its proof."""
    problems = await _problems(work)
    totals: dict[Key, dict[str, str]] = {}
    for row in (await work.session.execute(TOTALS)).mappings():
        mine = totals.setdefault((row["kind"], row["year"]), {})
        mine[row["currency"]] = Money(row["minor"], row["currency"]).text
    rows = (await work.session.execute(SERIES, {"year": year})).mappings()
    return [_series(dict(row), problems, totals) for row in rows]


def _series(
    row: dict[str, Any], problems: dict[Key, list[str]], totals: dict[Key, dict[str, str]]
) -> SeriesOut:
    kind, of_year = row["kind"], row["year"]
    found = list(problems.get((kind, of_year), []))
    if row["documents"] != row["next"] - 1:
        found.append(
            f"the counter has given {row['next'] - 1} numbers, {row['documents']} documents exist"
        )

    def number(sequence: int | None) -> str | None:
        if sequence is None:
            return None
        return number_text(kind, row["number_format"], of_year, sequence)

    return SeriesOut(
        kind=cast("Any", kind),
        year=of_year,
        documents=row["documents"],
        first_number=number(row["lowest"]),
        last_number=number(row["highest"]),
        first_date=row["first_date"],
        last_date=row["last_date"],
        counter=row["next"],
        totals=totals.get((kind, of_year), {}),
        complete=not found,
        problems=found,
    )


async def _problems(work: Work) -> dict[Key, list[str]]:
    found: dict[Key, list[str]] = {}
    for row in (await work.session.execute(GAPS)).mappings():
        missing = f"{row['before'] + 1} to {row['sequence'] - 1}"
        found.setdefault((row["kind"], row["year"]), []).append(f"numbers {missing} are missing")
    for row in (await work.session.execute(BACKWARDS)).mappings():
        found.setdefault((row["kind"], row["year"]), []).append(
            f"{row['number']} is dated {row['issued_on']}, after one of {row['before']}"
        )
    return found


async def series_report(work: Work, kind: str, year: int, today: date) -> AsyncIterator[str]:
    """One series as plain text for an inspector: the proof, then every document in its order.

    Columns are separated by tabs; amounts have a point and no grouping.
    """
    series = [one for one in await list_series(work, year) if one.kind == kind]
    yield f"{work.settings.coop.name}, {work.settings.coop.vat_number}\n"
    yield f"Series {kind} {year}, as of {today.isoformat()}\n"
    if not series:
        yield "No number of this series has been given.\n"
        return
    one = series[0]
    yield f"Documents\t{one.documents}\nFirst\t{one.first_number}\nLast\t{one.last_number}\n"
    yield f"Next number\t{one.counter}\n"
    for currency, total in sorted(one.totals.items()):
        yield f"Total {currency}\t{total}\n"
    yield (
        "Complete: no number is missing, none is there twice, no date goes back.\n"
        if (one.complete)
        else "NOT COMPLETE:\n" + "".join(f"  {problem}\n" for problem in one.problems)
    )
    yield "\nNumber\tDate\tBuyer\tVAT number\tNet\tTax\tTotal\tCurrency\n"
    after = 0
    while rows := (
        await work.session.execute(
            LISTING, {"kind": kind, "year": year, "after": after, "batch": BATCH}
        )
    ).all():
        for row in rows:
            currency = row.currency
            amounts = "\t".join(
                Money(minor, currency).text
                for minor in (row.net_minor, row.vat_minor, row.total_minor)
            )
            buyer = " ".join(row.buyer.split())
            yield f"{row.number}\t{row.issued_on}\t{buyer}\t{row.vat}\t{amounts}\t{currency}\n"
        after = rows[-1].sequence
