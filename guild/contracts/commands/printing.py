"""The signed contract as a sheet for the press: contract, signatures, certificate."""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from guild.contracts.models import Contract, ContractEvidence, ContractOffer
from guild.contracts.rules.citing import cite
from guild.contracts.rules.terms import Terms, terms_from
from guild.contracts.rules.wording import (
    WORDING,
    clauses,
    count_words,
    day_words,
    parts_words,
    words_of,
)
from guild.contracts.sheets import (
    Certificate,
    Clause,
    ContractSheet,
    EidProof,
    MilestoneRow,
    PasskeyProof,
    Protection,
    SignatureEvidence,
    Signer,
)
from guild.core.settings import Cooperative, Seal
from guild.core.work import Work
from guild.documents.schemas import Addressee, Language, Letterhead
from guild.members.models import Contact, Member, Organisation

PROOFS: Final[dict[str, Literal["email_code", "passkey", "eid"]]] = {
    "simple": "email_code", "advanced": "passkey", "eid": "eid",
}  # fmt: skip
TEMPLATE: Final = "contracts/contract_print.html"


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Who is named on the sheet."""

    member: Member
    client: Organisation
    contact: Contact


def contract_sheet(
    work: Work, contract: Contract, offer: ContractOffer, parties: Parties, *,
    chain: list[ContractEvidence], manifest_sha256: str,
) -> ContractSheet:  # fmt: skip
    """The whole sheet, from the frozen terms and the chain of evidence."""
    terms = terms_from(msgspec.json.decode(offer.terms_json))
    return ContractSheet(
        lang=msgspec.convert(terms.language, Language),
        number=contract.number,
        title=terms.title,
        currency=terms.currency,
        seller=_letterhead(work.settings.coop),
        to=_addressee(parties.client),
        client_name=parties.client.name,
        client_vat_number=parties.client.vat_number or "",
        member_name=parties.member.legal_name,
        net_minor=terms.net_minor,
        finish_on=terms.ends_on,
        answer_by=None,
        payment_term_days=contract.payment_term_days,
        law_country=terms.law.country,
        guaranteed=contract.guaranteed,
        summary=_summary(terms, parties),
        milestones=tuple(
            MilestoneRow(
                title=m.title, detail=m.description, due_on=m.due_on, net_minor=m.net_minor
            )
            for m in terms.milestones
        ),
        clauses=tuple(
            Clause(heading=c.heading, text=c.text, plain=c.practice)
            for c in clauses(terms, work.settings.coop.name)
        ),
        protections=_protections(offer, terms),
        signers=_signers(offer, parties, chain, words_of(terms.language)["freelancer"]),
        certificate=_certificate(work, offer, terms, manifest_sha256),
    )


def _letterhead(coop: Cooperative) -> Letterhead:
    return Letterhead(
        name=coop.name,
        address=(coop.street, f"{coop.postcode} {coop.city}"),
        country=coop.country,
        vat_number=coop.vat_number,
        register="" if coop.enterprise_number in coop.vat_number else coop.enterprise_number,
        email=coop.email,
    )


def _addressee(client: Organisation) -> Addressee:
    lines = (client.street, f"{client.postcode} {client.city}".strip())
    return Addressee(
        name=client.name, address=tuple(line for line in lines if line), country=client.country
    )


def _summary(terms: Terms, parties: Parties) -> tuple[str, ...]:
    lang = terms.language
    values = {
        "member": parties.member.display_name,
        "client": parties.client.name,
        "parts": parts_words(len(terms.milestones), lang),
        "day": day_words(terms.ends_on, lang),
        "days": count_words(terms.acceptance_silence_days, "days", lang),
    }
    return tuple(sentence.format(**values) for sentence in words_of(lang)["summary"])


def _protections(offer: ContractOffer, terms: Terms) -> tuple[Protection, ...]:
    """The rights that the law gives, as the checks found them when the offer was sent.

    The sentence is that of the contract's language, filled with the figures of the finding; so is
    the name of the law, and where it has none in that language the contract says so.
    """
    words = words_of(terms.language, terms.wording)["rights"]
    rights = []
    for finding in offer.findings:
        law, _, name = finding["rule"].partition("/")
        if name not in words or law == "charter" or finding["outcome"] not in ("met", "warning"):
            continue
        heading, sentence = words[name]
        source = cite(finding["source"], finding["article"], terms.language)
        text = sentence.format(**finding["values"])
        rights.append(Protection(heading=heading, text=text, source=source))
    return tuple(rights)


def _signers(
    offer: ContractOffer, parties: Parties, chain: list[ContractEvidence], role: str
) -> tuple[Signer, ...]:
    """Everybody who signed this version: for the client in the order of signing, and the member."""
    sent = _details(chain, offer.version, "sent")
    signed = [_said(e) for e in chain if e.kind == "signed" and e.version == offer.version]
    return (*(_client(one, offer) for one in signed), _member(sent, parties, role))


def _client(signed: dict[str, Any], offer: ContractOffer) -> Signer:
    by_client = signed["signature"]
    return Signer(
        side="client",
        name=by_client["name"],
        role=by_client["role"],
        evidence=SignatureEvidence(
            typed_name=by_client["typed_name"],
            email=by_client["email"],
            signed_at=signed["at"],
            identified="link",
            identified_at=_moment(by_client["link_opened_at"]) or offer.sent_at,
            proof=PROOFS[by_client.get("level", "simple")],
            proof_at=signed["at"],
            proof_tries=by_client["otp"]["tries"],
            origin=_origin(by_client),
            consent_text=by_client["consent_text"],
            consent_version=by_client["consent_version"],
            log_index=None,
            **_strength(by_client),
        ),
    )


def _member(sent: dict[str, Any], parties: Parties, role: str) -> Signer:
    by_member = sent["signature"]
    return Signer(
        side="member",
        name=parties.member.legal_name,
        role=role,
        evidence=SignatureEvidence(
            typed_name=by_member["typed_name"],
            email=by_member["email"],
            signed_at=sent["at"],
            identified="signed_in",
            identified_at=sent["at"],
            proof="session" if by_member.get("level", "simple") == "simple" else "passkey",
            proof_at=sent["at"],
            proof_tries=1,
            origin=_origin(by_member),
            consent_text=by_member["consent_text"],
            consent_version=by_member["consent_version"],
            log_index=None,
            **_strength(by_member),
        ),
    )


def _strength(signature: dict[str, Any]) -> dict[str, Any]:
    """What a passkey or a provider adds to a signature."""
    key, eid = signature.get("passkey"), signature.get("eid")
    return {
        "level": signature.get("level", "simple"),
        "manifest_sha256": signature.get("manifest", {}).get("sha256", ""),
        "passkey": key
        and PasskeyProof(credential_id=key["credential_id"], public_key=key["public_key_cose"]),
        "eid": eid
        and EidProof(provider=eid["provider"], name=eid["name"], assurance=eid["assurance"]),
    }


def _details(chain: list[ContractEvidence], version: int, kind: str) -> dict[str, Any]:
    """The newest entry of a kind about the signed version, with its time."""
    entry = next(e for e in reversed(chain) if e.kind == kind and e.version == version)
    return _said(entry)


def _said(entry: ContractEvidence) -> dict[str, Any]:
    return {**msgspec.json.decode(entry.body)["details"], "at": entry.at}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _origin(signature: dict[str, Any]) -> str:
    known = (signature.get("ip"), signature.get("user_agent"), signature.get("time_zone"))
    return ", ".join(part for part in known if part)


def _certificate(
    work: Work, offer: ContractOffer, terms: Terms, manifest_sha256: str
) -> Certificate:
    return Certificate(
        shown_sha256=offer.shown_sha256,
        manifest_sha256=manifest_sha256,
        terms_name=f"{WORDING} {terms.wording}, {offer.template_version}",
        terms_version=offer.version,
        log_url=f"{work.settings.base_url}/log",
        log_size=None,
        log_root=None,
        checkpoint_at=None,
        witnesses=0,
        verify_url=f"{work.settings.base_url}/verify",
        stamp=_stamp(work.settings.seal),
        stamp_url=work.settings.seal.stamp_url,
    )


def _stamp(seal: Seal) -> Literal["none", "local", "foreign"]:
    if seal.level == "B-B":
        return "none"
    return "foreign" if seal.stamp_url else "local"
