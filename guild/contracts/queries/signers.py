"""The people who answer for a client, as both sides see them: how far each is, never a link."""

from sqlalchemy import select

from guild.contracts.errors import OfferNotFound
from guild.contracts.models import Contract, ContractSigner
from guild.contracts.rules.consent import consent_locale, consent_text
from guild.contracts.schemas import SignerOut
from guild.core.ids import ContractId
from guild.core.work import Work
from guild.members.models import Contact, Member, Organisation


async def reader_language(work: Work) -> str:
    """The language of the person behind the client's link; raises OfferNotFound without one."""
    if work.actor.link is None:
        raise OfferNotFound(mend="Open the newest link that was mailed to you.")
    contact = await work.session.get_one(Contact, work.actor.link.contact_id)
    return contact.language


async def member_consent(work: Work, contract: Contract) -> tuple[str, str]:
    """The language and words of what the member says yes to when she signs by sending.

    The chain of evidence records exactly these.
    """
    member = await work.session.get_one(Member, contract.member_id)
    client = await work.session.get_one(Organisation, contract.client_id)
    language = consent_locale(member.language)
    return language, consent_text("member", client.name, language)


async def reading_signer(work: Work, contract: Contract, version: int) -> ContractSigner:
    """The person whose link this is, for the version that she reads."""
    assert work.actor.link is not None, "the contract was found through the link"
    found: ContractSigner | None = await work.session.scalar(
        select(ContractSigner).where(
            ContractSigner.contract_id == contract.id,
            ContractSigner.version == version,
            ContractSigner.contact_id == work.actor.link.contact_id,
        )
    )
    if found is None or found.state == "delegated":
        raise OfferNotFound(mend="Open the newest link that was mailed to you.")
    return found


async def signer_views(work: Work, contract_id: ContractId, version: int) -> list[SignerOut]:
    """Everybody of a version, in order. Who may see the contract may see this."""
    rows = await work.session.scalars(
        select(ContractSigner)
        .where(ContractSigner.contract_id == contract_id, ContractSigner.version == version)
        .order_by(ContractSigner.rank, ContractSigner.id)
    )
    return [
        SignerOut(
            name=row.name,
            role=row.role,
            rank=row.rank,
            needed=row.needed,
            state=row.state,
            opened_at=row.opened_at,
            signed_at=row.signed_at,
            bounced_at=row.bounced_at,
        )
        for row in rows
    ]
