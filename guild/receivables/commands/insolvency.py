"""A client that a court declared insolvent: stop asking, keep the proofs together, warn by fact."""

import json
from typing import Any, Final

from sqlalchemy import select

from guild.contracts.models import Contract, Milestone
from guild.core.errors import Invalid
from guild.core.ids import DocumentId, InsolvencyId, InvoiceId, OrganisationId, new_id
from guild.core.pages import long_date
from guild.core.work import Work
from guild.documents import queries as documents
from guild.documents.commands import store
from guild.invoicing.models import OPEN_STATES, Invoice, InvoiceShare
from guild.members.errors import OrganisationNotFound
from guild.members.models import Member, Organisation
from guild.members.rules.clients import client_key, spellings
from guild.receivables import access
from guild.receivables.commands.letters import tell_member
from guild.receivables.errors import AlreadyFlagged, InsolvencyNotFound, SecondPersonNeeded
from guild.receivables.events import ClientInsolvent, InsolvencyLifted
from guild.receivables.models import (
    INSOLVENCY,
    Insolvency,
    InterestClaim,
    Objection,
    Promise,
    Reminder,
)
from guild.receivables.queries.account import account_lines
from guild.receivables.rules.tables import csv_bytes, packed_files
from guild.receivables.schemas import InsolvencyIn

FILES_MAX: Final = 2_000
LIVE: Final = ("offered", "signed", "draft")


async def flag_insolvent(work: Work, client_id: OrganisationId, data: InsolvencyIn) -> InsolvencyId:
    """Flag a client as insolvent, with the evidence; it counts for every member who has it.

    Reminders rest, the fund gives no new guarantee, the proofs are bundled by a job, and members
    with open contracts are told the fact and nothing else. Raises OrganisationNotFound,
    AlreadyFlagged.
    """
    client = await _client(work, client_id)
    work.require(access.is_treasurer(work.actor), "A treasurer flags an insolvency.")
    if data.declared_on > work.today:
        raise Invalid("The day lies in the future.", field="declared_on")
    key = client_key(client)
    known = await work.session.scalar(
        select(Insolvency.id).where(Insolvency.client_key == key, Insolvency.state == "flagged")
    )
    if known is not None:
        raise AlreadyFlagged
    row = Insolvency(
        id=InsolvencyId(new_id()),
        client_id=client_id,
        client_key=key,
        state=INSOLVENCY.initial,
        court=data.court,
        case_number=data.case_number,
        declared_on=data.declared_on,
        claims_by=data.claims_by,
        evidence=data.evidence,
        flagged_by=work.actor.member_id,
        flagged_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    await work.emit(
        ClientInsolvent(
            insolvency_id=row.id, client_id=client_id, client_key=key,
            declared_on=data.declared_on,
        )
    )  # fmt: skip
    await _warn(work, client, row)
    work.later(work.system.jobs["receivables.bundle_proofs"], insolvency_id=row.id)
    return row.id


async def lift_insolvency(work: Work, client_id: OrganisationId, reason: str) -> None:
    """Another treasurer takes the flag back. Raises InsolvencyNotFound, SecondPersonNeeded."""
    client = await _client(work, client_id)
    work.require(access.is_treasurer(work.actor), "A treasurer lifts an insolvency.")
    row = await work.session.scalar(
        select(Insolvency)
        .where(Insolvency.client_key == client_key(client), Insolvency.state == "flagged")
        .with_for_update()
    )
    if row is None:
        raise InsolvencyNotFound
    if work.actor.member_id == row.flagged_by:
        raise SecondPersonNeeded
    INSOLVENCY.move(row, "lift")
    row.lifted_by, row.lifted_at, row.lift_reason = work.actor.member_id, work.now, reason
    await work.session.flush()
    await work.emit(
        InsolvencyLifted(insolvency_id=row.id, client_id=row.client_id, client_key=row.client_key)
    )


async def _warn(work: Work, client: Organisation, row: Insolvency) -> None:
    """Tell every member who has an open contract or invoice with this client: the fact only."""
    ids = await same_clients(work, client)
    members = await work.session.execute(
        select(Member.email)
        .where(
            Member.id.in_(
                select(Contract.member_id).where(
                    Contract.client_id.in_(ids), Contract.state.in_(LIVE)
                )
            )
            | Member.id.in_(
                select(Invoice.member_id).where(
                    Invoice.client_id.in_(ids), Invoice.state.in_(OPEN_STATES)
                )
            )
            | Member.id.in_(
                select(InvoiceShare.member_id)
                .join(Invoice, Invoice.id == InvoiceShare.invoice_id)
                .where(Invoice.client_id.in_(ids), Invoice.state.in_(OPEN_STATES))
            )
        )
        .order_by(Member.email)
    )
    for (email,) in members:
        tell_member(
            work,
            email,
            f"{client.name} is insolvent",
            f"{row.court} declared {client.name} insolvent on {long_date(row.declared_on)} "
            f"(case {row.case_number}). You have an open contract or invoice with this client. "
            "Reminders rest, and the fund guarantees no new order of it.",
        )


async def same_clients(work: Work, client: Organisation) -> list[OrganisationId]:
    """All entries of this client, whoever of the members made them."""
    written = spellings(client)
    if not written:
        return [client.id]
    rows = await work.session.scalars(
        select(Organisation.id).where(
            Organisation.country == client.country,
            Organisation.vat_number.in_(written) | Organisation.enterprise_number.in_(written),
        )
    )
    return list(rows)


async def bundle_proofs(work: Work, insolvency_id: InsolvencyId) -> None:
    """Put the proofs of all that is open into one ZIP and keep it; a second run finds it made.

    Contract as sealed, what was accepted when, invoices as issued, reminders and notes of
    interest as sent, objections and promises, and the statement of account.
    """
    row = await work.session.scalar(
        select(Insolvency).where(Insolvency.id == insolvency_id).with_for_update()
    )
    if row is None:
        raise InsolvencyNotFound
    if row.bundle_document_id is not None:
        return
    client = await work.session.get_one(Organisation, row.client_id)
    files: dict[str, bytes] = {}
    for client_id in sorted(await same_clients(work, client)):
        await _add_client(work, client_id, files)
    files["README.txt"] = _readme(client, row, sorted(files)).encode()
    packed = packed_files(files)
    row.bundle_document_id = await store(
        work, packed, "application/zip", f"proofs-{client.name[:60]}.zip", row.id
    )
    await work.session.flush()


async def _add_client(work: Work, client_id: OrganisationId, files: dict[str, bytes]) -> None:
    invoices = list(
        await work.session.scalars(
            select(Invoice)
            .where(Invoice.client_id == client_id, Invoice.state != "draft")
            .order_by(Invoice.id)
            .limit(FILES_MAX)
        )
    )
    for contract_id in dict.fromkeys(one.contract_id for one in invoices):
        contract = await work.session.get_one(Contract, contract_id)
        folder = f"contracts/{contract_id}"
        await _add_document(work, files, f"{folder}/contract.pdf", contract.sealed_document_id)
        milestones = await work.session.scalars(
            select(Milestone)
            .where(Milestone.contract_id == contract_id)
            .order_by(Milestone.position)
        )
        files[f"{folder}/acceptance.csv"] = csv_bytes(
            ["position", "title", "state", "delivered_at", "accepted_at"],
            [[one.position, one.title, one.state, one.delivered_at, one.accepted_at]
             for one in milestones],
        )  # fmt: skip
    for one in invoices:
        stem = f"invoices/{one.number}"
        await _add_document(work, files, f"{stem}.pdf", one.pdf_document_id)
        await _add_document(work, files, f"{stem}-ubl.xml", one.ubl_document_id)
        await _add_course(work, files, stem, one.id)
    for currency in sorted({one.currency for one in invoices}):
        lines = await account_lines(work, client_id, currency)
        files[f"statement-{client_id}-{currency}.csv"] = csv_bytes(
            ["on", "kind", "document", "amount_minor", "balance_minor"],
            [[line.on, line.kind, line.document, line.minor, line.balance_minor]
             for line in lines],
        )  # fmt: skip


async def _add_course(
    work: Work, files: dict[str, bytes], stem: str, invoice_id: InvoiceId
) -> None:
    """What was sent and said about one invoice."""
    said: list[dict[str, Any]] = []
    for row in await work.session.scalars(
        select(Reminder).where(Reminder.invoice_id == invoice_id).order_by(Reminder.id)
    ):
        said.append({"reminder": row.step, "tone": row.tone, "result": row.result,
                     "to": row.sent_to, "at": row.sent_at.isoformat(),
                     "asked_minor": row.asked_minor})  # fmt: skip
        await _add_document(work, files, f"{stem}-reminder-{row.step}.pdf", row.document_id)
    for claim in await work.session.scalars(
        select(InterestClaim).where(InterestClaim.invoice_id == invoice_id)
    ):
        await _add_document(work, files, f"{stem}-interest.pdf", claim.document_id)
    promises = await work.session.scalars(
        select(Promise).where(Promise.invoice_id == invoice_id).order_by(Promise.id)
    )
    said += [{"promise": one.pay_by.isoformat(), "state": one.state} for one in promises]
    objections = await work.session.scalars(
        select(Objection).where(Objection.invoice_id == invoice_id).order_by(Objection.id)
    )
    said += [
        {"objection": one.reason_code, "text": one.text, "state": one.state, "answer": one.answer}
        for one in objections
    ]
    if said:
        files[f"{stem}-course.json"] = json.dumps(said, indent=1, ensure_ascii=False).encode()


async def _add_document(
    work: Work, files: dict[str, bytes], name: str, document_id: DocumentId | None
) -> None:
    if document_id is not None:
        files[name] = await documents.read(work, document_id)


def _readme(client: Organisation, row: Insolvency, names: list[str]) -> str:
    listed = "\n".join(names)
    return (
        f"Proofs of what is owed by {client.name}\n"
        f"{row.court}, case {row.case_number}, declared on {long_date(row.declared_on)}.\n\n"
        f"Evidence: {row.evidence}\n\nFiles:\n{listed}\n"
    )


async def _client(work: Work, client_id: OrganisationId) -> Organisation:
    row = await work.session.scalar(
        select(Organisation).where(
            Organisation.id == client_id, access.clients_visible_to(work.actor)
        )
    )
    if row is None:
        raise OrganisationNotFound
    return row
