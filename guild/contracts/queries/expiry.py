"""When a retainer or the use under a licence ends."""

from datetime import date, timedelta

from guild.contracts.models import Contract
from guild.contracts.rules.deals import Licence, Retainer, months_later
from guild.contracts.rules.terms import terms_from


def ends_on(contract: Contract) -> date | None:
    """The last day of the last period, or of the licensed term; None for what does not expire."""
    terms = terms_from(contract.terms)
    if isinstance(terms.deal, Retainer):
        return terms.ends_on
    months = terms.rights.term_months
    if isinstance(terms.deal, Licence) and months is not None:
        return months_later(terms.deal.starts_on, months) - timedelta(days=1)
    return None
