"""Shapes of importing clients from a table."""

from typing import Annotated, Literal

from msgspec import Meta, field

from guild.core.ids import OrganisationId
from guild.core.wire import In, Out

CsvText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2_000_000,
        pattern=r"^[^\x00]*$",
        examples=[
            "name;country;street;postcode;city;email\nA Client;BE;Street 1;1000;Brussel;a@b.example"
        ],
    ),
]
Column = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
Outcome = Literal["new", "known", "wrong"]


class ClientImportIn(In, frozen=True, kw_only=True):
    """A table of clients. Without a mapping, columns are found by their names."""

    csv: CsvText
    mapping: dict[Column, Column] = field(default_factory=dict)
    dry_run: bool = True
    skip_wrong: bool = False
    """Take what is right although other rows are wrong; otherwise it is all or nothing."""


class FaultOut(Out, frozen=True, kw_only=True):
    """What is wrong with a field of a row."""

    field: str
    detail: str


class ImportRowOut(Out, frozen=True, kw_only=True):
    """What becomes of one row; `line` is the line of the spreadsheet."""

    line: int
    name: str
    outcome: Outcome
    client_id: OrganisationId | None
    """The client that was made, or that is known already."""
    faults: list[FaultOut]


class ClientImportOut(Out, frozen=True, kw_only=True):
    """What an import would do, or did."""

    dry_run: bool
    header: list[str]
    mapping: dict[str, str]
    new: int
    known: int
    wrong: int
    rows: list[ImportRowOut]
