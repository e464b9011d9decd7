"""The verdict on a sealed PDF: what is true of it, in one word and one sentence.

pyHanko's own judgment (`bottom_line`) is not enough by itself, because its documentation calls its
difference checker imperfect. What is accepted here is one seal by our root, and after it nothing
but what belongs to its level: the data to judge it later, and one time stamp over the whole file.
"""

import asyncio
import datetime as dt
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Literal

import msgspec
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    SignatureCoverageLevel,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko_certvalidator import ValidationContext

from guild.core.settings import Settings
from guild.documents.identity import identity_of
from guild.documents.seal import certificate, revocations

Level = Literal["", "B-B", "B-T", "B-LT", "B-LTA"]
Fault = Literal[
    "", "unreadable", "truncated", "unsealed", "altered", "appended", "foreign", "unproven"
]

_SAID: dict[Fault, str] = {
    "": "Sealed by the co-op and unchanged since.",
    "unreadable": "This is not a PDF that can be read.",
    "truncated": "The end of the file is missing.",
    "unsealed": "The file carries no seal. A copy that was printed or saved anew looks the same "
    "and has lost it.",
    "altered": "Bytes under the seal were changed after sealing.",
    "appended": "Something was added to the file after sealing: it may show what was not sealed.",
    "foreign": "The file is sealed, but not by this co-op.",
    "unproven": "The seal cannot be confirmed.",
}


class Trusted(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a verdict trusts: our root, its revocations, and a foreign authority's root."""

    root_pem: bytes
    crl_pem: bytes = b""
    stamp_root_pem: bytes = b""


def trusted_of(settings: Settings) -> Trusted:
    """Whom this installation trusts."""
    identity = identity_of(settings)
    return Trusted(
        root_pem=identity.root_pem,
        crl_pem=identity.crl_pem,
        stamp_root_pem=settings.seal.stamp_root_pem,
    )


class SealReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. Only `bottom_line` decides; the rest says why.

    `coverage`: whether the seal covers the whole file. `modification`: pyHanko's level of what came
    after the seal ("NONE" when nothing, "LTA_UPDATES" for what belongs to a higher level).
    `sealed_at` is the sealer's own claim; `stamped_at` is what the authority `stamped_by` says.
    `signer` is the subject of the certificate as text, empty when there is none.
    """

    bottom_line: bool
    fault: Fault
    explanation: str
    coverage: bool
    modification: str
    sealed_at: dt.datetime | None
    signer: str
    level: Level = ""
    stamped_at: dt.datetime | None = None
    stamped_by: str = ""


async def verify_seal(
    pdf: bytes, trusted: Trusted | bytes, *, at: dt.datetime | None = None
) -> SealReport:
    """Judges a file by one trusted root, offline. Never raises for what the file contains.

    `trusted` may be the root's PEM text alone. `at` is the moment for which the certificates must
    be valid; None means now. A time stamp that is good at that moment stands for the moment that it
    names, so a seal outlives its certificate.
    """
    whom = Trusted(root_pem=trusted) if isinstance(trusted, bytes) else trusted
    try:
        return await asyncio.to_thread(asyncio.run, _verify(pdf, whom, at))
    except Exception:  # noqa: BLE001 -- a crafted file reaches many parsers; each way to fail is a no
        return unsound("altered" if b"/ByteRange" in pdf else "unreadable")


async def _verify(pdf: bytes, trusted: Trusted, at: dt.datetime | None) -> SealReport:
    if not pdf.startswith(b"%PDF-"):
        return unsound("unreadable")
    # A whole file ends with the marker; a cut one may still have the marker of an earlier revision.
    if b"%%EOF" not in pdf[-1024:]:
        return unsound("truncated")
    try:
        reader = PdfFileReader(BytesIO(pdf))
        seals, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
    except (PdfError, ValueError, KeyError, TypeError):
        return unsound("altered" if b"/ByteRange" in pdf else "unreadable")
    if not seals:
        return unsound("unsealed")
    over = await _stamp_over_all(stamps, trusted, at)
    moment = over.timestamp if over is not None and _stands(over) else at
    status = await async_validate_pdf_signature(
        seals[-1],
        signer_validation_context=_context(trusted, moment),
        ts_validation_context=_context(trusted, moment, stamps=True),
    )
    inner = status.timestamp_validity
    if inner is not None and inner.valid and inner.trusted and not status.trusted:
        status = await async_validate_pdf_signature(
            seals[-1],
            signer_validation_context=_context(trusted, inner.timestamp),
            ts_validation_context=_context(trusted, moment, stamps=True),
        )
    # Under B-LT no signature covers the end of the file, so it must be an end and nothing more.
    ends = pdf.endswith((b"%%EOF", b"%%EOF\n", b"%%EOF\r\n"))
    whole = ends and _covered(status, over, lasting="/DSS" in reader.root)
    fault = _fault(status, over, whole=whole, seals=len(seals), stamps=len(stamps))
    stamp = over if over is not None else inner
    return SealReport(
        bottom_line=fault == "",
        fault=fault,
        explanation=_SAID[fault],
        coverage=whole,
        modification=status.modification_level.name if status.modification_level else "UNKNOWN",
        sealed_at=status.signer_reported_dt,
        signer=status.signing_cert.subject.human_friendly,
        level=_level(status, over, lasting="/DSS" in reader.root),
        stamped_at=stamp.timestamp if stamp is not None else None,
        stamped_by=stamp.signing_cert.subject.human_friendly if stamp is not None else "",
    )


def _stands(stamp: Any) -> bool:
    return bool(
        stamp.intact
        and stamp.valid
        and stamp.trusted
        and stamp.coverage == SignatureCoverageLevel.ENTIRE_FILE
    )


async def _stamp_over_all(
    stamps: Sequence[Any], trusted: Trusted, at: dt.datetime | None
) -> Any | None:
    """The verdict on the last document time stamp, which must cover the whole file."""
    if not stamps:
        return None
    return await async_validate_pdf_timestamp(stamps[-1], _context(trusted, at, stamps=True))


def _context(
    trusted: Trusted, moment: dt.datetime | None, *, stamps: bool = False
) -> ValidationContext:
    """Our root for seals; for stamps the foreign authority's root as well."""
    roots = [certificate(trusted.root_pem)]
    if stamps and trusted.stamp_root_pem:
        roots.append(certificate(trusted.stamp_root_pem))
    return ValidationContext(
        trust_roots=roots,
        crls=revocations(trusted.crl_pem),
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=moment,
    )


def _covered(status: Any, over: Any | None, *, lasting: bool) -> bool:
    """Whether nothing stands outside the seal but what its level puts there."""
    whole = SignatureCoverageLevel.ENTIRE_FILE
    if status.coverage == whole:
        return True
    belongs = (
        status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
        and status.modification_level is not None
        and status.modification_level <= ModificationLevel.LTA_UPDATES
        and lasting
    )
    return bool(belongs and (over is None or over.coverage == whole))


def _fault(status: Any, over: Any | None, *, whole: bool, seals: int, stamps: int) -> Fault:
    if not (status.intact and status.valid):
        return "altered"
    if over is not None and not (over.intact and over.valid):
        return "altered"
    if not whole or seals != 1 or stamps > 1:
        return "appended"
    if not status.trusted:
        return "foreign"
    if over is not None and not _stands(over):
        return "unproven"
    return "" if status.bottom_line else "unproven"


def _level(status: Any, over: Any | None, *, lasting: bool) -> Level:
    if over is not None and lasting:
        return "B-LTA"
    if status.timestamp_validity is None:
        return "B-B"
    return "B-LT" if lasting else "B-T"


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
