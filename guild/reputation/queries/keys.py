"""Under which keys parties are found, and the charter's rules as the formula reads them."""

from guild.core.ids import MemberId
from guild.core.work import Work
from guild.governance.rules import Charter
from guild.members.models import Organisation
from guild.reputation import rules


def member_key(work: Work, member_id: MemberId) -> bytes:
    """The keyed hash under which a member's pseudonym is found."""
    return work.keyring.blind_index(str(member_id), purpose="reputation.member")


def client_key(work: Work, client: Organisation) -> bytes:
    """The keyed hash of a firm: by its VAT or company number where there is one."""
    key = business_key(work, client.vat_number, client.country, client.enterprise_number)
    return key or work.keyring.blind_index(f"id:{client.id}", purpose="reputation.client")


def business_key(
    work: Work, vat_number: str | None, country: str | None, enterprise_number: str | None
) -> bytes | None:
    """The keyed hash of a business, whether it stands in the register as a client or as a member;
    None without a number.
    """
    if not vat_number and not enterprise_number:
        return None
    name = f"vat:{vat_number}" if vat_number else f"company:{country}:{enterprise_number}"
    return work.keyring.blind_index(name, purpose="reputation.client")


def rules_of(charter: Charter) -> rules.ScoringRules:
    """The charter's chapter on reputation, as the formula reads it."""
    terms = charter.reputation
    return rules.ScoringRules(
        charter_version=charter.version,
        window_months=terms.window_months,
        min_projects=terms.min_projects,
        min_clients=terms.min_clients,
        weights={side: dict(weights) for side, weights in terms.weights.items()},
        max_share_per_counterparty_bps=terms.max_share_per_counterparty_bps,
        prior_alpha=terms.prior_alpha,
        prior_beta=terms.prior_beta,
        confidence_z=str(terms.confidence_z),
    )
