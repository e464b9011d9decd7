"""What the fund says of an order that is only drafted: for the panel beside the draft."""

from guild.contracts.schemas.panel import GuaranteeSaid
from guild.core.ids import OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Organisation
from guild.members.rules.clients import client_key
from guild.mutual_fund.queries.standing import limits_of, standing_for
from guild.mutual_fund.rules import guarantee


async def guarantee_said(work: Work, client_id: OrganisationId, value: Money) -> GuaranteeSaid:
    """Whether the fund would guarantee an order of the acting member now. Reserves nothing."""
    client = await work.session.get_one(Organisation, client_id)
    limits = limits_of(await charter_at(work))
    standing = await standing_for(work, work.actor.member_id, client_key(client), value.currency)
    answer = guarantee.quote(value, client.country, standing, limits)
    return GuaranteeSaid(
        guaranteed=answer.guaranteed,
        up_to_minor=answer.up_to_minor,
        business_days=limits.business_days,
        reasons=answer.reasons,
    )
