"""A client's own paper: taken in, read in the background, and named in the terms by its hash."""

import base64
import binascii
import hashlib
from typing import Any, Final

import msgspec

from guild.contracts.commands.chain import record
from guild.contracts.commands.loading import own_contract
from guild.contracts.errors import PaperNotFound, PaperRefused
from guild.contracts.events import PaperAdded
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    PAPER_LIFECYCLE,
    Contract,
    ContractPaper,
)
from guild.contracts.rules.papers import check_paper, paper_rules
from guild.contracts.rules.terms import OwnPaper, terms_from
from guild.contracts.schemas.papers import PaperIn
from guild.core.errors import IllegalMove
from guild.core.ids import ContractId, PaperId, new_id
from guild.core.work import Work
from guild.documents import commands as documents
from guild.documents import queries as stored
from guild.documents.reader import BYTES_MAX, PAGES_MAX, read_pdf
from guild.documents.rules import safe_name

TROUBLES: Final = {
    "unreadable": "The file cannot be read as a PDF. Ask for it again, or print it to a PDF.",
    "encrypted": "The file is encrypted. Ask for one that opens without a password.",
    "too_long": f"The file has more than {PAGES_MAX} pages or too much text.",
    "programs": "The file holds programs or other files. Ask for a plain PDF.",
    "no_text": "The file holds pictures of pages, without text. Ask for the original PDF.",
}


async def upload_paper(work: Work, contract_id: ContractId, data: PaperIn) -> ContractPaper:
    """Take in the client's document for a draft; a job reads it. Raises PaperRefused."""
    contract = await own_contract(work, contract_id)
    _refuse_unless_draft(contract)
    try:
        content = base64.b64decode(data.content, validate=True)
    except binascii.Error:
        raise PaperRefused("The content is not base64.", field="content") from None
    if len(content) > BYTES_MAX:
        raise PaperRefused(
            f"The file is larger than {BYTES_MAX // 1_000_000} MB.", field="content",
            mend="Ask the client for a smaller file.",
        )  # fmt: skip
    if not content.startswith(b"%PDF-"):
        raise PaperRefused("The file is no PDF.", field="content", mend="Upload a PDF.")
    name = safe_name(data.name)
    paper = ContractPaper(
        id=PaperId(new_id()),
        contract_id=contract.id,
        document_id=await documents.store(work, content, "application/pdf", name, contract.id),
        sha256=hashlib.sha256(content).hexdigest(),
        name=name,
        size=len(content),
        state=PAPER_LIFECYCLE.initial,
        findings=[],
        uploaded_at=work.now,
    )
    work.session.add(paper)
    contract.paper_id = paper.id
    _name_in_terms(work, contract, None)
    await work.session.flush()
    await record(work, contract, "paper_added", {"sha256": paper.sha256, "name": name})
    await work.emit(PaperAdded(contract_id=contract.id, paper_id=paper.id))
    return paper


async def take_off_paper(work: Work, contract_id: ContractId) -> Contract:
    """The draft no longer stands on the client's document. Raises PaperNotFound."""
    contract = await own_contract(work, contract_id)
    _refuse_unless_draft(contract)
    if contract.paper_id is None:
        raise PaperNotFound
    contract.paper_id = None
    _name_in_terms(work, contract, None)
    await work.session.flush()
    await record(work, contract, "paper_taken_off", {})
    return contract


async def read_stored_paper(work: Work, paper_id: PaperId) -> None:
    """Read one paper and check its clauses; a second run finds it read."""
    paper = await work.session.get_one(ContractPaper, paper_id)
    contract = await work.session.get_one(Contract, paper.contract_id, with_for_update=True)
    paper = await work.session.get_one(ContractPaper, paper_id, with_for_update=True)
    if paper.state != PAPER_LIFECYCLE.initial:
        return
    read = await read_pdf(await stored.read(work, paper.document_id))
    paper.read_at = work.now
    paper.pages = read.pages or None
    if read.trouble:
        PAPER_LIFECYCLE.move(paper, "refuse")
        paper.problem = TROUBLES[read.trouble]
        await work.session.flush()
        return
    result = check_paper(read.text, paper_rules())
    PAPER_LIFECYCLE.move(paper, "read")
    paper.text = read.text
    paper.findings = msgspec.to_builtins(result.findings)
    paper.rules_version = result.rules_version
    if contract.paper_id == paper.id and contract.state == CONTRACT_LIFECYCLE.initial:
        named = OwnPaper(name=paper.name, sha256=paper.sha256, pages=read.pages)
        _name_in_terms(work, contract, named)
    await work.session.flush()


def _name_in_terms(work: Work, contract: Contract, paper: OwnPaper | None) -> None:
    terms = msgspec.structs.replace(terms_from(contract.terms), paper=paper)
    plain: dict[str, Any] = msgspec.to_builtins(terms)
    contract.terms = plain
    contract.paper_sha256 = paper.sha256 if paper else None
    contract.updated_at = work.now


def _refuse_unless_draft(contract: Contract) -> None:
    if contract.state != CONTRACT_LIFECYCLE.initial:
        raise IllegalMove(
            "The client’s document belongs to a draft.",
            mend="Change the contract first; that begins the next version.",
            state=contract.state,
        )
