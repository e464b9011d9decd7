"""What laws want a written contract to say: for each element, whether it is there, and the mend."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from guild.contracts.rules.law import ElementId
from guild.contracts.rules.terms import Terms


class Wanted(msgspec.Struct, frozen=True):
    """One element: what it is in words, how to add it, the field that holds it, the question."""

    what: str
    mend: str
    field: str
    is_there: Callable[[Terms], bool]


def _reachable(terms: Terms) -> bool:
    return all(side.email and side.phone for side in (terms.member, terms.client))


def _rights_spelt_out(terms: Terms) -> bool:
    rights = terms.rights
    return rights.kind == "stays_with_member" or bool(rights.scope and rights.territory)


def _transferability(terms: Terms) -> bool:
    rights = terms.rights
    return rights.kind == "stays_with_member" or rights.transferable is not None


ELEMENTS: Final[Mapping[ElementId, Wanted]] = {
    "names_and_addresses": Wanted(
        "the names and mailing addresses of both sides",
        "Add street, city and country of yourself and of the client.",
        "member_address",
        lambda terms: terms.member.has_address and terms.client.has_address,
    ),
    "phone_and_email": Wanted(
        "a telephone number and an e-mail address of both sides",
        "Add your number and the client’s; the addresses come from your records.",
        "client_phone",
        _reachable,
    ),
    "services_itemised": Wanted(
        "each service with its value, rate and method of payment",
        "List each service; for work by the hour or day give rate and quantity.",
        "services",
        lambda terms: bool(terms.services) and all(s.is_itemised for s in terms.services),
    ),
    "pay_date": Wanted(
        "the day of payment, or how it is found",
        "Set a payment term in days.",
        "payment_term_days",
        lambda terms: terms.payment.term_days is not None,
    ),
    "services_list_date": Wanted(
        "by when you hand in the list of services rendered",
        "Set the day, or a rule such as “five days after each delivery”.",
        "services_list_due",
        lambda terms: bool(terms.payment.services_list_due.strip()),
    ),
    "work_place": Wanted(
        "where the work is done",
        "Name the place, or say that you work from your own.",
        "work_place",
        lambda terms: bool(terms.work_place.strip()),
    ),
    "expenses_said": Wanted(
        "which expenses are usual and who bears them",
        "Say which expenses the client pays, or that there are none.",
        "expenses",
        lambda terms: bool(terms.expenses.strip()),
    ),
    "nature": Wanted(
        "what kind of contract it is",
        "Say in the summary what the contract is about.",
        "summary",
        lambda terms: bool(terms.summary.strip()),
    ),
    "works_named": Wanted(
        "the work or works that it is about",
        "Name each work as a service or delivery.",
        "services",
        lambda terms: bool(terms.services),
    ),
    "rights_spelt_out": Wanted(
        "each right that passes, with purpose, territory and term",
        "Name the use and the territory; a term that is left open is said to be unlimited.",
        "rights_territory",
        _rights_spelt_out,
    ),
    "transferability": Wanted(
        "whether the client may pass the licence on to others",
        "Say yes or no.",
        "rights_transferable",
        _transferability,
    ),
    "reporting": Wanted(
        "how often the client reports on transactions that you still earn from",
        "Set the months between reports.",
        "rights_report_months",
        lambda terms: terms.rights.report_months is not None,
    ),
}
