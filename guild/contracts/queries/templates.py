"""Reads about the clause library and templates."""

from uuid import UUID

import msgspec
from sqlalchemy import select

from guild.contracts import access
from guild.contracts.errors import TemplateNotFound
from guild.contracts.models import Contract, ContractTemplate, ContractTemplateVersion
from guild.contracts.rules.library import LANGUAGES, Language, LibraryClause, library
from guild.contracts.rules.templates import HouseTemplate, house_templates
from guild.contracts.schemas.templates import (
    ClauseOut,
    TemplateBody,
    TemplateOut,
    TemplateSummary,
    VariableOut,
)
from guild.core.work import Work

COPYABLE_MAX = 100


def clause_library(language: Language) -> list[ClauseOut]:
    """Every clause at its newest version. A text that is missing says so; none is replaced."""
    return [_clause(clause, language) for clause in library().values()]


def _clause(clause: LibraryClause, language: Language) -> ClauseOut:
    newest = max(clause.versions, key=lambda one: one.version)
    missing = [one for one in LANGUAGES if newest.missing(one)]
    return ClauseOut(
        id=clause.id,
        version=newest.version,
        use=clause.use,
        language=language,
        heading=newest.heading.get(language, ""),
        plain=newest.plain.get(language, ""),
        does=newest.does,
        text=[part.text.get(language, "") for part in newest.parts],
        variables=[
            VariableOut(
                name=one.name,
                type=one.type,
                label=one.label.get(language, one.name),
                low=one.low,
                high=one.high,
                default=one.default,
                bound=one.bound,
                choices=list(one.choices),
            )
            for one in newest.variables
        ],
        languages=[one for one in LANGUAGES if one not in missing],
        missing_in=list(missing),
    )


async def templates(work: Work) -> list[TemplateSummary]:
    """One's own, by name, and then those of the house."""
    rows = await work.session.execute(
        select(ContractTemplate, ContractTemplateVersion.body)
        .join(
            ContractTemplateVersion,
            (ContractTemplateVersion.template_id == ContractTemplate.id)
            & (ContractTemplateVersion.version == ContractTemplate.version),
        )
        .where(
            ContractTemplate.member_id == work.actor.member_id,
            ContractTemplate.retired_at.is_(None),
        )
        .order_by(ContractTemplate.name)
        .limit(200)
    )
    own = [
        TemplateSummary(
            id=str(row.id),
            name=row.name,
            about="",
            trade=row.trade,
            kind=body.get("kind", "milestones"),
            version=row.version,
            own=True,
        )
        for row, body in rows
    ]
    return own + [_house_summary(one) for one in house_templates().values()]


def _house_summary(one: HouseTemplate) -> TemplateSummary:
    return TemplateSummary(
        id=one.id,
        name=one.name["en"],
        about=one.about,
        trade=one.trade,
        kind=str(one.newest.body["kind"]),
        version=one.newest.version,
        own=False,
    )


async def template(work: Work, name: str, language: str = "en") -> TemplateOut:
    """A template of the house by its name, or one's own by its id; raises TemplateNotFound.

    Those of the house have their words in the language that is asked for.
    """
    house = house_templates().get(name)
    if house is not None:
        return TemplateOut(
            id=house.id,
            name=house.name["en"],
            about=house.about,
            trade=house.trade,
            version=house.newest.version,
            own=False,
            body=msgspec.convert(house.newest.body_in(language), TemplateBody),
            updated_at=None,
        )
    row = await template_row(work, name)
    body = await work.session.get_one(ContractTemplateVersion, (row.id, row.version))
    return TemplateOut(
        id=str(row.id),
        name=row.name,
        about="",
        trade=row.trade,
        version=row.version,
        own=True,
        body=msgspec.convert(body.body, TemplateBody),
        updated_at=row.updated_at,
    )


async def copyable(work: Work) -> list[tuple[str, str]]:
    """The newest of one's own contracts, by id and name, to take a template's terms from."""
    rows = await work.session.execute(
        select(Contract.id, Contract.title, Contract.number)
        .where(access.owned_by(work.actor))
        .order_by(Contract.id.desc())
        .limit(COPYABLE_MAX)
    )
    return [(str(row.id), f"{row.title}, {row.number}") for row in rows]


async def template_row(work: Work, name: str, *, lock: bool = False) -> ContractTemplate:
    """One of the acting member's own templates; raises TemplateNotFound."""
    try:
        template_id = UUID(name)
    except ValueError:
        raise TemplateNotFound from None
    wanted = select(ContractTemplate).where(
        ContractTemplate.id == template_id,
        ContractTemplate.member_id == work.actor.member_id,
        ContractTemplate.retired_at.is_(None),
    )
    found: ContractTemplate | None = await work.session.scalar(
        wanted.with_for_update() if lock else wanted
    )
    if found is None:
        raise TemplateNotFound
    return found
