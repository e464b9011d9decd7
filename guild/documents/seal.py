"""The co-operative's seal on a PDF (PAdES B-B, certifying, no change allowed after), and its
verdict.

The seal proves that the file is the co-op's and unchanged. It has no timestamp of an independent
authority: when something existed is what the transparency log proves. pyHanko's own judgment
(`bottom_line`) is not enough by itself: its difference checker is called imperfect by its
documentation, so nothing but one seal that covers the whole file is accepted here.
"""

import asyncio
import datetime as dt
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Literal

import msgspec
from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils.embed import EmbeddedFileObject, EmbeddedFileParams, FileSpec, embed_file
from pyhanko.pdf_utils.generic import ArrayObject, NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from guild.documents.errors import SheetRefused
from guild.documents.identity import SealIdentity
from guild.documents.schemas import Attachment

Fault = Literal[
    "", "unreadable", "truncated", "unsealed", "altered", "appended", "foreign", "unproven"
]

_SAID: dict[Fault, str] = {
    "": "Sealed by the co-op and unchanged since.",
    "unreadable": "This is not a PDF that can be read.",
    "truncated": "The end of the file is missing.",
    "unsealed": "The file carries no seal.",
    "altered": "Bytes under the seal were changed after sealing.",
    "appended": "Something was added to the file after sealing: it may show what was not sealed.",
    "foreign": "The file is sealed, but not by this co-op.",
    "unproven": "The seal cannot be confirmed.",
}


class Sealer:
    """Holds the key and signs. Make one per process; it has no state that changes."""

    def __init__(self, identity: SealIdentity) -> None:
        root = _certificate(identity.root_pem)
        _, _, key = pem.unarmor(identity.key_pem)
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(root)
        self.signer = SimpleSigner(
            signing_cert=_certificate(identity.cert_pem),
            signing_key=keys.PrivateKeyInfo.load(key),
            cert_registry=store,
        )


class SealReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. Only `bottom_line` decides; the rest says why.

    `coverage`: whether the seal covers the whole file. `modification`: pyHanko's level of what came
    after the seal ("NONE" when nothing). `sealed_at` is the sealer's own claim, not an independent
    time. `signer` is the subject of the certificate as text, empty when there is none.
    """

    bottom_line: bool
    fault: Fault
    explanation: str
    coverage: bool
    modification: str
    sealed_at: dt.datetime | None
    signer: str


class _TimedSigner(PdfSigner):
    """A signer that takes the moment from its caller; pyHanko would read the local clock."""

    def __init__(self, *args: Any, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = at

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self._at.astimezone(dt.UTC)
        return session

    def register_extensions(self, pdf_out: BasePdfFileWriter, **_kwargs: Any) -> None:
        """Declares PAdES for PDF 1.7 only.

        pyHanko would add ISO/TS 32002 (elliptic curves), which declares PDF 2.0; PDF/A-3 is 1.7.
        """
        pdf_out.register_extension(ESIC_EXTENSION_1)


async def seal_pdf(
    pdf: bytes,
    sealer: Sealer,
    *,
    reason: str,
    at: dt.datetime,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Seals a PDF/A-3 file, after embedding `attachments`; the result is still PDF/A-3.

    `reason` is shown by readers ("Contract C2026-0177, signed by both"). `at` is the sealing time.
    Takes about 50 ms of CPU, in a thread. Raises `SheetRefused` when `pdf` is not a sound
    PDF or is sealed already.
    """
    try:
        return await asyncio.to_thread(asyncio.run, _seal(pdf, sealer, reason, at, attachments))
    except (PdfError, SigningError) as error:
        raise SheetRefused(f"This file cannot be sealed: {error}") from error


async def _seal(
    pdf: bytes, sealer: Sealer, reason: str, at: dt.datetime, attachments: Sequence[Attachment]
) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for attachment in attachments:
        _embed(writer, attachment, at)
    metadata = PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha256",
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    sealed = await _TimedSigner(metadata, signer=sealer.signer, at=at).async_sign_pdf(writer)
    return bytes(sealed.getbuffer())


def _embed(writer: IncrementalPdfFileWriter, item: Attachment, at: dt.datetime) -> None:
    """Embeds a file as PDF/A-3 wants it. pyHanko's own way would make it a PDF 2.0."""
    stream = EmbeddedFileObject.from_file_data(
        writer,
        item.data,
        mime_type=item.media_type,
        params=EmbeddedFileParams(
            creation_date=at.astimezone(dt.UTC), modification_date=at.astimezone(dt.UTC)
        ),
    )
    spec = FileSpec(
        file_spec_string=item.name,
        file_name=item.name,
        embedded_data=stream,
        description=item.description,
    )
    embed_file(writer, spec)
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    reference = names.raw_get(len(names) - 1)
    reference.get_object()["/AFRelationship"] = NameObject("/" + item.relationship)
    if "/AF" not in writer.root:
        writer.root["/AF"] = ArrayObject()
    writer.root["/AF"].append(reference)
    writer.update_container(writer.root["/AF"])
    writer.update_root()  # type: ignore[no-untyped-call]


async def verify_seal(pdf: bytes, root_pem: bytes, *, at: dt.datetime | None = None) -> SealReport:
    """Judges a file by one trusted root, offline. Never raises for what the file contains.

    `at` is the moment for which the certificates must be valid; None means now.
    """
    try:
        return await asyncio.to_thread(asyncio.run, _verify(pdf, root_pem, at))
    except Exception:  # noqa: BLE001 -- a crafted file reaches many parsers; each way to fail is a no
        return unsound("altered" if b"/ByteRange" in pdf else "unreadable")


async def _verify(pdf: bytes, root_pem: bytes, at: dt.datetime | None) -> SealReport:
    if not pdf.startswith(b"%PDF-"):
        return unsound("unreadable")
    # A whole file ends with the marker; a cut one may still have the marker of an earlier revision.
    if b"%%EOF" not in pdf[-1024:]:
        return unsound("truncated")
    try:
        seals = PdfFileReader(BytesIO(pdf)).embedded_signatures
    except (PdfError, ValueError, KeyError, TypeError):
        return unsound("altered" if b"/ByteRange" in pdf else "unreadable")
    if not seals:
        return unsound("unsealed")
    context = ValidationContext(
        trust_roots=[_certificate(root_pem)],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )
    status = await async_validate_pdf_signature(seals[-1], signer_validation_context=context)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    fault = _fault(status, whole=whole, seals=len(seals))
    return SealReport(
        bottom_line=fault == "",
        fault=fault,
        explanation=_SAID[fault],
        coverage=whole,
        modification=status.modification_level.name if status.modification_level else "UNKNOWN",
        sealed_at=status.signer_reported_dt,
        signer=status.signing_cert.subject.human_friendly,
    )


def _fault(status: Any, *, whole: bool, seals: int) -> Fault:
    if not (status.intact and status.valid):
        return "altered"
    if not whole or seals != 1:
        return "appended"
    if not status.trusted:
        return "foreign"
    return "" if status.bottom_line else "unproven"


def unsound(fault: Fault) -> SealReport:
    """The report of a file that got no further than this fault."""
    return SealReport(
        bottom_line=False,
        fault=fault,
        explanation=_SAID[fault],
        coverage=False,
        modification="UNKNOWN",
        sealed_at=None,
        signer="",
    )


def _certificate(text: bytes) -> x509.Certificate:
    _, _, der = pem.unarmor(text)
    return x509.Certificate.load(der)
