"""What the law, the charter and the clause check say about a draft, with the facts they need."""

from datetime import date

import msgspec

from guild.contracts.errors import LawNotKnown
from guild.contracts.models import Contract
from guild.contracts.queries.facts import Drafted, drafted, facts_of, floors_of, waiver_of
from guild.contracts.queries.papers import paper_findings
from guild.contracts.rules.amending import forbidden, touched
from guild.contracts.rules.findings import Finding
from guild.contracts.rules.floors import effective, floor_finding, highest
from guild.contracts.rules.law import LawUnknownError, rule_sets, versions_on
from guild.contracts.rules.library import library
from guild.contracts.rules.protections import blocking, check, retention
from guild.contracts.rules.terms import Terms
from guild.contracts.rules.wording import languages, words_of
from guild.contracts.schemas import ChecksOut, FindingOut, RuleVersionOut
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at

ADD_LAW = "The co-op has to add the law of this year."


async def checks_of(work: Work, contract: Contract) -> ChecksOut:
    """All findings, the effective hourly rate, and whether the contract may be sent."""
    return await checks_for(work, await drafted(work, contract))


async def checks_for(work: Work, draft: Drafted) -> ChecksOut:
    """The same for a draft that need not be saved. Raises LawNotKnown."""
    charter = await charter_at(work)
    terms = draft.terms
    facts = await facts_of(work, draft)
    try:
        of_law = check(facts, rule_sets())
        rules = versions_on(work.today, rule_sets())
    except LawUnknownError as unknown:
        raise LawNotKnown(str(unknown), mend=ADD_LAW) from None
    rate = effective(terms, draft.effort)
    waiver = await waiver_of(work, draft, rate.hourly_minor) if rate else None
    findings = [
        _house_term(terms, charter.contracts.max_payment_term_days),
        floor_finding(
            terms,
            rate,
            highest(terms, work.today, floors_of(charter)),
            blocks=charter.contracts.floor_blocks,
            waived=(waiver.answer or "") if waiver else "",
        ),
        *_language_findings(terms, draft.client_language),
        *_amendment_findings(draft, work.today),
        *await paper_findings(work, draft),
        *of_law,
    ]
    return ChecksOut(
        may_be_sent=not blocking(findings),
        effective_hourly=Money(rate.hourly_minor, terms.currency).text if rate else None,
        findings=[msgspec.convert(msgspec.to_builtins(f), FindingOut) for f in findings],
        rules=[msgspec.convert(msgspec.to_builtins(one), RuleVersionOut) for one in rules],
        charter_version=charter.version,
    )


async def retention_of(work: Work, contract: Contract) -> tuple[date, str]:
    """Until when a contract that is signed now has to be kept, and by which rule."""
    draft = msgspec.structs.replace(await drafted(work, contract), offered_before=None)
    facts = await facts_of(work, draft)
    try:
        return retention(facts, work.today, rule_sets())
    except LawUnknownError as unknown:
        raise LawNotKnown(str(unknown), mend=ADD_LAW) from None


def _house_term(terms: Terms, days_max: int) -> Finding:
    days = terms.payment.term_days or 0
    fits = days <= days_max
    return Finding(
        rule="charter/payment_term",
        outcome="met" if fits else "missing",
        sentence=(
            f"The payment term is within the {days_max} days that the charter allows."
            if fits
            else f"The charter allows a payment term of {days_max} days at most."
        ),
        mend="" if fits else f"Agree on {days_max} days or fewer.",
        field="payment_term_days",
        article="contracts.max_payment_term_days",
        source="the charter of the co-operative",
    )


def _amendment_findings(draft: Drafted, on: date) -> list[Finding]:
    """What an amendment may not change: earned pay, and what is delivered, accepted, invoiced."""
    if draft.amended is None:
        return []
    found = forbidden(draft.amended.before, draft.terms, draft.amended.began_on, on)
    for one in touched(draft.amended.done, draft.terms):
        found.append(
            Finding(
                rule="house/amendment_done",
                outcome="missing",
                sentence=f"“{one.title}” is {one.state.replace('_', ' ')} and stays as it is.",
                mend="Keep its title, price and day as they were.",
                field="milestones",
                article="",
                source="the contract that is amended",
            )
        )
    return found


def _language_findings(terms: Terms, client_language: str) -> list[Finding]:
    """Texts that are not there in the contract's language are named; none is replaced."""
    name = words_of(terms.language)["language"]
    found = [
        _untranslated(clause.heading, f"It is written in another language than {name}.")
        for clause in terms.clauses
        if clause.language not in ("", terms.language)
    ]
    found += [
        _untranslated(chosen.id, f"The library has no text of it in {name}.")
        for chosen in terms.library
        if library()[chosen.id].at(chosen.version).missing(terms.language)
    ]
    if client_language != terms.language:
        known = client_language in languages()
        found.append(
            Finding(
                rule="language/client",
                outcome="warning",
                sentence=f"Your client reads “{client_language}”, and this contract is in {name}.",
                mend="Choose the client’s language."
                if known
                else "There is no wording in that language; make sure that your client agrees.",
                field="language",
                article="",
                source="the client’s contact",
            )
        )
    return found


def _untranslated(what: str, why: str) -> Finding:
    return Finding(
        rule=f"language/{what}"[:80],
        outcome="missing",
        sentence=f"The clause “{what}” is not translated. {why}",
        mend="Translate it, leave it out, or choose another language for the contract.",
        field="clauses",
        article="",
        source="the clause library",
    )
