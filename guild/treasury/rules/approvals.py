"""How many must agree before an amount leaves, and whose word counts for which office.

The bands are the charter's (`payouts.bands`); nothing here is a number of its own.
"""

from collections.abc import Collection, Mapping

import msgspec

from guild.governance.rules import ApprovalBand, PayoutTerms

MATCHED = "MTCH"


class Needed(msgspec.Struct, frozen=True, kw_only=True):
    """So many approvals, and so many of them from holders of these offices."""

    approvals: int
    roles: dict[str, int]
    extra: int = 0
    """How many of the approvals are there because of what the bank said about the payee."""


def band_of(terms: PayoutTerms, minor: int) -> ApprovalBand:
    """The band that an amount falls into; the last one has no limit."""
    return next(
        band for band in terms.bands if band.up_to_minor is None or minor <= band.up_to_minor
    )


def needed(terms: PayoutTerms, minor: int, check: str | None) -> Needed:
    """What an amount needs; `check` is the bank's last word on the payee's name, None: not asked.

    Clients and suppliers are not asked about: `check` is MTCH for them, because the account is the
    one that the money came from, or the one on the invoice that two persons have looked at.
    """
    band = band_of(terms, minor)
    if check is None:
        extra = terms.payee_unchecked_extra
    else:
        extra = 0 if check == MATCHED else terms.payee_mismatch_extra
    return Needed(
        approvals=band.approvals + extra,
        roles={str(role): number for role, number in band.roles.items()},
        extra=extra,
    )


def missing(roles: Mapping[str, int], given: Collection[str]) -> dict[str, int]:
    """Office → how many approvals it still owes, after those that were given under offices."""
    counts = {role: number - sum(one == role for one in given) for role, number in roles.items()}
    return {role: left for role, left in counts.items() if left > 0}


def counts_for(wanted: Needed, given: Collection[str], offices: Collection[str]) -> str | None:
    """The office under which one more approval counts, or None when it helps no more.

    An office that is still short comes first, the rarer one before the commoner; otherwise any
    office of the person, as long as the places that are left are not all promised to others.
    """
    short = missing(wanted.roles, given)
    for role in sorted(short, key=lambda role: (role == "treasurer", role)):
        if role in offices:
            return role
    if wanted.approvals - len(given) > sum(short.values()):
        return next(iter(sorted(offices)), None)
    return None


def complete(wanted: Needed, given: Collection[str]) -> bool:
    """Whether the approvals suffice, in number and by office."""
    return len(given) >= wanted.approvals and not missing(wanted.roles, given)


def in_words(wanted: Needed) -> str:
    """The need as a person says it: “3 persons, of them 2 treasurers”."""
    offices = ", ".join(
        f"{number} {role}{'s' if number > 1 else ''}" for role, number in wanted.roles.items()
    )
    persons = f"{wanted.approvals} persons"
    return f"{persons}, of them {offices}" if offices else persons
