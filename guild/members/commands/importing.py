"""Importing clients from a table: first what would happen, then the same for good."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from guild.core.errors import GuildError, Invalid
from guild.core.ids import OrganisationId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.members.access import organisations_visible_to
from guild.members.commands.organisations import checked_numbers, register_organisation
from guild.members.models import Organisation
from guild.members.rules.client_csv import (
    TypedRow,
    check_mapping,
    normal_name,
    read_table,
    suggest_mapping,
    typed_rows,
)
from guild.members.schemas import OrganisationIn
from guild.members.schemas.imports import (
    ClientImportIn,
    ClientImportOut,
    FaultOut,
    ImportRowOut,
    Outcome,
)

NOT_MADE: Final = OrganisationId(UUID(int=0))
"""Stands for a client of an earlier row of the same table."""


class _Known:
    """The clients that are there: by VAT number, and by name and postcode."""

    def __init__(self) -> None:
        self.by_vat: dict[str, OrganisationId] = {}
        self.by_name: dict[tuple[str, str], OrganisationId] = {}

    def find(self, client: OrganisationIn, vat: str | None) -> OrganisationId | None:
        named = self.by_name.get((normal_name(client.name), client.postcode.lower()))
        return (self.by_vat.get(vat) if vat else None) or named

    def add(self, client_id: OrganisationId, name: str, postcode: str, vat: str | None) -> None:
        self.by_name[normal_name(name), postcode.lower()] = client_id
        if vat:
            self.by_vat[vat] = client_id


async def import_clients(work: Work, wanted: ClientImportIn) -> ClientImportOut:
    """Enter the clients of a table, or with `dry_run` say what would become of each row.

    A client that is known by its VAT number, or by name and postcode, is left as it is. Raises
    Invalid when the table cannot be read, and when rows are wrong unless `skip_wrong` is set.
    """
    work.require(Permission.CLIENTS_MANAGE)
    table = read_table(wanted.csv)
    mapping = {field: column for field, column in wanted.mapping.items() if column}
    mapping = mapping or suggest_mapping(table.header)
    if wanted.dry_run and not wanted.mapping:
        try:
            check_mapping(table.header, mapping)
        except Invalid:  # the answer shows the header, so that a person can choose
            return _report(wanted, table.header, mapping, [])
    check_mapping(table.header, mapping)
    known = await _known(work)
    rows = [_judged(row, known) for row in typed_rows(table, mapping)]
    if wanted.dry_run:
        return _report(wanted, table.header, mapping, [shown for shown, _ in rows])
    faulty = [shown for shown, _ in rows if shown.outcome == "wrong"]
    if faulty and not wanted.skip_wrong:
        raise Invalid(
            f"{len(faulty)} of {len(rows)} rows are wrong, so nothing was imported. The first is "
            f"line {faulty[0].line}: {faulty[0].faults[0].detail}.",
            mend="Mend them, or import the others with skip_wrong.",
            field="csv",
        )
    done = [
        msgspec.structs.replace(shown, client_id=(await register_organisation(work, client)).id)
        if client is not None
        else shown
        for shown, client in rows
    ]
    return _report(wanted, table.header, mapping, done)


async def _known(work: Work) -> _Known:
    known = _Known()
    for one in await work.session.execute(
        select(
            Organisation.id, Organisation.name, Organisation.postcode, Organisation.vat_number
        ).where(organisations_visible_to(work.actor))
    ):
        known.add(one.id, one.name, one.postcode, one.vat_number)
    return known


def _judged(row: TypedRow, known: _Known) -> tuple[ImportRowOut, OrganisationIn | None]:
    """What becomes of a row; the client is given only where it is new."""
    faults = [FaultOut(field=field, detail=detail) for field, detail in row.wrong]
    if row.client is None:
        return _row(row, "wrong", None, faults), None
    try:
        refuse_unprintable(msgspec.to_builtins(row.client))
        vat, _ = checked_numbers(row.client)
    except GuildError as fault:
        return _row(row, "wrong", None, [FaultOut(field=fault.field, detail=fault.detail)]), None
    twin = known.find(row.client, vat)
    if twin is not None:
        return _row(row, "known", None if twin == NOT_MADE else twin, []), None
    known.add(NOT_MADE, row.client.name, row.client.postcode, vat)
    return _row(row, "new", None, []), row.client


def _row(
    row: TypedRow, outcome: Outcome, client_id: OrganisationId | None, faults: list[FaultOut]
) -> ImportRowOut:
    return ImportRowOut(
        line=row.line,
        name=row.name,
        outcome=outcome,
        client_id=client_id,
        faults=faults,
    )


def _report(
    wanted: ClientImportIn,
    header: tuple[str, ...],
    mapping: Mapping[str, str],
    rows: list[ImportRowOut],
) -> ClientImportOut:
    def count(outcome: str) -> int:
        return sum(row.outcome == outcome for row in rows)

    return ClientImportOut(
        dry_run=wanted.dry_run,
        header=list(header),
        mapping=dict(mapping),
        new=count("new"),
        known=count("known"),
        wrong=count("wrong"),
        rows=rows,
    )
