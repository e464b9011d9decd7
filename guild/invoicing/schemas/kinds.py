"""What one sends for pro-formas, deposits, notes and attachments."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from guild.core.ids import ContractId, InvoiceId, InvoiceNoteId, MemberId
from guild.core.wire import Amount, In, LongText, OptionalText, Out, ShortText
from guild.invoicing.schemas.drafts import DraftTerms
from guild.invoicing.schemas.words import Percent


class ProformaIn(DraftTerms, frozen=True, kw_only=True):
    """A pro-forma of free lines, or without any of all milestones that have no invoice yet."""

    contract_id: ContractId
    buyer_reference: OptionalText = ""
    order_reference: OptionalText = ""


class SendingOut(Out, frozen=True):
    """When a pro-forma was mailed to the client."""

    sent_at: datetime
    sent_to: str


class DepositIn(In, frozen=True, kw_only=True):
    """A deposit: by the contract's clause, or a net amount, or a per cent of its value."""

    contract_id: ContractId
    amount: Amount | None = None
    percent: Percent | None = None
    buyer_reference: OptionalText = ""
    order_reference: OptionalText = ""


class SettleIn(In, frozen=True):
    """The deposits that a draft settles; an empty list lets go of all."""

    deposits: Annotated[tuple[InvoiceId, ...], Meta(max_length=20)]


class FileIn(In, frozen=True):
    """A file to attach: PDF, PNG, JPEG, CSV, XLSX or ODS of at most 5 MB, in base64."""

    name: ShortText
    data: Annotated[bytes, Meta(max_length=7_000_000)]
    description: OptionalText = ""


class FileNameIn(In, frozen=True):
    """The file that is taken off."""

    name: ShortText


class NoteIn(In, frozen=True):
    """A note that the client never sees."""

    text: LongText


class NoteOut(Out, frozen=True):
    """A note on a document, for its member and the treasury."""

    id: InvoiceNoteId
    by: MemberId
    by_name: str
    at: datetime
    text: str


class RelatedOut(Out, frozen=True):
    """Another document that this one comes from, or that came from it."""

    id: InvoiceId
    how: str
    """`copy_of`, `copied_to`, `reissue_of`, `reissued_as`, `from_proforma`, `invoiced_as`,
    `credit_note`, `corrects`, `settles_deposit`, `settled_by`."""
    kind: str
    state: str
    number: str | None
    title: str
