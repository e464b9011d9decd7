"""Building: from what a member types, her client and the charter to terms that hold together."""

from datetime import date

import msgspec
from sqlalchemy import select

from guild.contracts.errors import TermsInvalid
from guild.contracts.rules.deals import (
    Deal,
    FixedPrice,
    Licence,
    Milestones,
    MilestoneTerms,
    Retainer,
    TimeAndMaterials,
    schedule,
)
from guild.contracts.rules.library import LANGUAGES, chosen_on
from guild.contracts.rules.terms import (
    ChosenClause,
    Clause,
    ClientKind,
    Law,
    OwnPaper,
    Party,
    Payment,
    Rights,
    Service,
    Terms,
    problems,
)
from guild.contracts.rules.wording import WORDING_VERSION, period_words, words_of
from guild.contracts.schemas import (
    ContractIn,
    FixedPriceIn,
    LicenceIn,
    MilestoneIn,
    RetainerIn,
    ServiceIn,
    TimeIn,
)
from guild.core.errors import Invalid
from guild.core.money import Money
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.governance.rules import Charter
from guild.members.errors import ContactNotFound, OrganisationNotFound
from guild.members.models import Contact, Member, Organisation


async def build_terms(
    work: Work, data: ContractIn, charter: Charter, paper: OwnPaper | None = None
) -> Terms:
    """Terms for one of the acting member's own clients.

    Raises OrganisationNotFound, ContactNotFound, Invalid for a value that does not fit, and
    TermsInvalid when the terms contradict themselves.
    """
    member = await work.session.get_one(Member, work.actor.member_id)
    client = await work.session.scalar(
        select(Organisation).where(
            Organisation.id == data.client_id, Organisation.created_by == member.id
        )
    )
    if client is None:
        raise OrganisationNotFound(field="client_id")
    contact = await work.session.scalar(
        select(Contact).where(
            Contact.id == data.contact_id, Contact.organisation_id == data.client_id
        )
    )
    if contact is None:
        raise ContactNotFound(field="contact_id")
    refuse_unprintable(msgspec.to_builtins(data))
    silence_days = charter.contracts.acceptance_silence_days
    terms = _build(member, client, contact, data, silence_days=silence_days, on=work.today)
    terms = msgspec.structs.replace(terms, paper=paper)
    wrong = problems(terms)
    if wrong:
        raise TermsInvalid(
            wrong[0].sentence,
            field=wrong[0].field,
            mend="Put it right and save again.",
            problems=[msgspec.to_builtins(problem) for problem in wrong],
        )
    return terms


def _build(
    member: Member, client: Organisation, contact: Contact, data: ContractIn, *,
    silence_days: int, on: date,
) -> Terms:  # fmt: skip
    currency = data.currency
    language = data.language or (contact.language if contact.language in LANGUAGES else "en")
    deal = _deal(data)
    milestones = tuple(_milestone(m, currency, i) for i, m in enumerate(data.milestones))
    if not isinstance(deal, Milestones):
        if milestones:
            raise Invalid(
                "This kind of deal makes its deliveries itself.", field="milestones",
                mend="Leave the milestones out, or choose the kind “milestones”.",
            )  # fmt: skip
        milestones = schedule(
            deal, data.title, lambda first, last: period_words(first, last, language)
        )
    cap = data.expenses_cap
    return Terms(
        title=data.title,
        summary=data.summary,
        language=language,
        member=_member_party(member, data),
        client=_client_party(client, contact, data),
        profession=data.profession,
        currency=currency,
        services=_services(data, deal, milestones),
        deal=deal,
        milestones=milestones,
        starts_on=data.starts_on,
        work_began_on=data.work_began_on,
        hours_estimate=data.hours_estimate,
        payment=_payment(data),
        expenses=data.expenses,
        expenses_cap_minor=(
            None if cap is None else money_in(cap, currency, field="expenses_cap", zero=True).minor
        ),
        kill_fee_bps=data.kill_fee_bps,
        notice_days=data.notice_days,
        rights=_rights(data, language),
        revision_rounds=data.revision_rounds,
        acceptance_silence_days=data.acceptance_silence_days or silence_days,
        law=Law(country=data.law_country or member.country, region=data.law_region),
        clauses=tuple(
            Clause(heading=c.heading, text=c.text, practice=c.practice, language=c.language or "")
            for c in data.clauses
        ),
        wording=WORDING_VERSION,
        library=_library(data, on),
        work_place=data.work_place,
    )


def _deal(data: ContractIn) -> Deal:
    currency, given = data.currency, data.deal
    match given:
        case FixedPriceIn():
            price = money_in(given.price, currency, field="deal.price")
            return FixedPrice(price_minor=price.minor, due_on=given.due_on)
        case TimeIn():
            cap = given.cap
            if given.rate is None:
                raise Invalid(
                    "The rate is missing.", field="deal.rate",
                    mend="Write it, or pick one of your rates.",
                )  # fmt: skip
            return TimeAndMaterials(
                unit=given.unit,
                rate_minor=money_in(given.rate, currency, field="deal.rate").minor,
                estimate_hundredths=hundredths(given.estimate, "deal.estimate"),
                cap_minor=None if cap is None else money_in(cap, currency, field="deal.cap").minor,
                ends_on=given.ends_on,
            )
        case RetainerIn():
            return Retainer(
                period=given.period,
                amount_minor=money_in(given.amount, currency, field="deal.amount").minor,
                first_on=given.first_on,
                periods=given.periods,
                notice_days=given.notice_days,
                included=given.included,
            )
        case LicenceIn():
            fee = money_in(given.fee, currency, field="deal.fee")
            return Licence(fee_minor=fee.minor, starts_on=given.starts_on)
        case _:
            return Milestones()


def _services(
    data: ContractIn, deal: Deal, milestones: tuple[MilestoneTerms, ...]
) -> tuple[Service, ...]:
    """As listed; else what the deal itself says; else one fixed price for each delivery."""
    if data.services:
        return tuple(_service(s, data.currency, i) for i, s in enumerate(data.services))
    if isinstance(deal, TimeAndMaterials):
        return (
            Service(
                text=data.title,
                value_minor=deal.estimate_minor,
                method=deal.unit,
                rate_minor=deal.rate_minor,
                quantity_hundredths=deal.estimate_hundredths,
            ),
        )
    if isinstance(deal, Retainer):
        return (Service(text=deal.included, value_minor=sum(m.net_minor for m in milestones)),)
    return tuple(Service(text=m.title, value_minor=m.net_minor) for m in milestones)


def _library(data: ContractIn, on: date) -> tuple[ChosenClause, ...]:
    wanted = None if data.library is None else [(one.id, one.values) for one in data.library]
    try:
        return chosen_on(on, wanted)
    except KeyError as unknown:
        raise Invalid(
            f"The library has no clause {unknown}.", field="library",
            mend="GET /api/v1/clauses lists those that there are.",
        ) from None  # fmt: skip
    except ValueError as wrong:
        raise Invalid(str(wrong), field="library") from None


def _rights(data: ContractIn, language: str) -> Rights:
    scope = data.rights_scope
    return Rights(
        kind=data.rights,
        scope=words_of(language)["default_scope"] if scope is None else scope,
        territory=data.rights_territory,
        term_months=data.rights_term_months,
        exclusive=data.rights_exclusive,
        transferable=data.rights_transferable,
        report_months=data.rights_report_months,
    )


def _payment(data: ContractIn) -> Payment:
    return Payment(
        term_days=data.payment_term_days,
        counts_from=data.payment_counts_from,
        services_list_due=data.services_list_due,
        long_term_agreed=data.long_term_agreed,
        long_term_reason=data.long_term_reason,
        interest_excluded=data.interest_excluded,
    )


def _milestone(data: MilestoneIn, currency: str, index: int) -> MilestoneTerms:
    return MilestoneTerms(
        title=data.title,
        net_minor=money_in(data.net, currency, field=f"milestones[{index}].net").minor,
        due_on=data.due_on,
        description=data.description,
    )


def _service(data: ServiceIn, currency: str, index: int) -> Service:
    where = f"services[{index}]"
    return Service(
        text=data.text,
        value_minor=money_in(data.value, currency, field=f"{where}.value").minor,
        method=data.method,
        rate_minor=(
            None
            if data.rate is None
            else money_in(data.rate, currency, field=f"{where}.rate").minor
        ),
        quantity_hundredths=(
            None if data.quantity is None else hundredths(data.quantity, f"{where}.quantity")
        ),
    )


def hundredths(quantity: str, field: str) -> int:
    """7.5 → 750; refuses zero."""
    found = Money.parse(quantity, "EUR").minor  # two decimals, exactly
    if found == 0:
        raise Invalid("The quantity must be above zero.", field=field)
    return found


def _member_party(member: Member, data: ContractIn) -> Party:
    return Party(
        name=member.legal_name,
        kind="person",
        country=member.country,
        region=data.member_region,
        street=member.street or "",
        postcode=member.postcode or "",
        city=member.city or "",
        email=member.email,
        phone=data.member_phone,
    )


def _client_party(client: Organisation, contact: Contact, data: ContractIn) -> Party:
    return Party(
        name=client.name,
        kind=msgspec.convert(client.kind, ClientKind),
        country=client.country,
        region=data.client_region or client.region,
        street=client.street,
        postcode=client.postcode,
        city=client.city,
        email=contact.email,
        phone=data.client_phone,
    )
