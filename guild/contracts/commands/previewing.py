"""A draft that is only tried: its panel and its text, with nothing written."""

import msgspec

from guild.contracts import queries
from guild.contracts.commands.building import build_terms
from guild.contracts.commands.rates import with_picked_rates
from guild.contracts.rules.shown import shown_bytes
from guild.contracts.schemas import ContractIn
from guild.contracts.schemas.panel import PreviewOut
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Contact


async def preview_contract(work: Work, data: ContractIn) -> PreviewOut:
    """What the panel and the text would say; raises what drafting raises."""
    data = await with_picked_rates(work, data)
    terms = await build_terms(work, data, await charter_at(work))
    contact = await work.session.get_one(Contact, data.contact_id)
    draft = queries.Drafted(
        terms=terms,
        effort=queries.effort_of(msgspec.to_builtins(data), terms),
        member_id=work.actor.member_id,
        client_id=data.client_id,
        contract_id=None,
        client_language=contact.language,
    )
    shown = shown_bytes(terms, number="–", version=1, coop=work.settings.coop.name)
    return PreviewOut(panel=await queries.panel_for(work, draft), document=shown.decode())
