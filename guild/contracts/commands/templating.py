"""Templates of members: kept, changed by a new version, used for a draft, put away."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from guild.contracts import queries
from guild.contracts.commands.drafting import draft_contract
from guild.contracts.commands.loading import own_contract
from guild.contracts.errors import TemplateNameTaken
from guild.contracts.models import Contract, ContractTemplate, ContractTemplateVersion
from guild.contracts.schemas import ContractIn
from guild.contracts.schemas.templates import (
    FromTemplateIn,
    TemplateBody,
    TemplateChange,
    TemplateIn,
)
from guild.core.errors import Invalid, StaleVersion
from guild.core.ids import ContractId, ContractTemplateId, new_id
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.members.queries import contact_of


async def save_template(work: Work, data: TemplateIn) -> ContractTemplate:
    """Keep a template. Raises TemplateNameTaken, ContractNotFound, Invalid without a body."""
    body = await _body(work, data.body, data.contract_id)
    if body is None:
        raise Invalid("Give a body, or a contract to copy.", field="body")
    await _refuse_twin(work, data.name, None)
    template = ContractTemplate(
        id=ContractTemplateId(new_id()),
        member_id=work.actor.member_id,
        name=data.name,
        trade=body.profession,
        version=1,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(template)
    await work.session.flush()
    await _put(work, template, body)
    return template


async def change_template(work: Work, name: str, data: TemplateChange) -> ContractTemplate:
    """Begin the next version, or rename it. Raises TemplateNotFound, StaleVersion."""
    template = await queries.template_row(work, name, lock=True)
    if data.version != template.version:
        raise StaleVersion(
            "This template was changed since you read it.", current_version=template.version
        )
    if data.name is not None and data.name != template.name:
        await _refuse_twin(work, data.name, template)
        template.name = data.name
    body = await _body(work, data.body, data.contract_id)
    if body is not None:
        template.version += 1
        template.trade = body.profession
        await _put(work, template, body)
    template.updated_at = work.now
    await work.session.flush()
    return template


async def retire_template(work: Work, name: str) -> None:
    """Put a template away; contracts made from it stay as they are."""
    template = await queries.template_row(work, name, lock=True)
    template.retired_at = template.updated_at = work.now
    await work.session.flush()


async def draft_from_template(work: Work, data: FromTemplateIn) -> Contract:
    """Begin a contract from a template; raises TemplateNotFound and what drafting raises."""
    contact = await contact_of(work, data.contact_id)
    found = await queries.template(work, data.template, contact.language)
    body: dict[str, Any] = msgspec.to_builtins(found.body)
    kind = body.pop("kind")
    given = msgspec.to_builtins(data)
    del given["template"]
    if not given["summary"]:
        del given["summary"]
    if kind != "milestones" and data.deal is None and not data.milestones:
        raise Invalid(
            f"This template is for a deal of the kind “{kind}”.", field="deal",
            mend="Give the deal with its price and days, or deliveries instead.",
        )  # fmt: skip
    return await draft_contract(work, msgspec.convert({**body, **given}, ContractIn))


async def _body(
    work: Work, body: TemplateBody | None, contract_id: UUID | None
) -> TemplateBody | None:
    if body is not None:
        refuse_unprintable(msgspec.to_builtins(body))
        return body
    if contract_id is None:
        return None
    contract = await own_contract(work, ContractId(contract_id))
    typed = {
        name: contract.draft[name]
        for name in TemplateBody.__struct_fields__
        if name in contract.draft
    }
    return msgspec.convert({**typed, "kind": contract.kind}, TemplateBody)


async def _put(work: Work, template: ContractTemplate, body: TemplateBody) -> None:
    work.session.add(
        ContractTemplateVersion(
            template_id=template.id,
            version=template.version,
            body=msgspec.to_builtins(body),
            at=work.now,
        )
    )
    await work.session.flush()


async def _refuse_twin(work: Work, name: str, besides: ContractTemplate | None) -> None:
    wanted = select(ContractTemplate.id).where(
        ContractTemplate.member_id == work.actor.member_id,
        ContractTemplate.name == name,
        ContractTemplate.retired_at.is_(None),
    )
    if besides is not None:
        wanted = wanted.where(ContractTemplate.id != besides.id)
    twin = await work.session.scalar(wanted)
    if twin is not None:
        raise TemplateNameTaken(
            field="name",
            mend="Choose another name, or change the one that is there.",
            link=f"/api/v1/contract-templates/{twin}",
        )
