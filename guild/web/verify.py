"""The page on which anybody checks a sealed file, or its fingerprint, without an account.

The file is read once, judged and forgotten. What is said is what holds: the seal over the whole
file by our root, and whether the log knows the very bytes.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Final

from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from guild.contracts.queries import SealedFile, judgement_of, sealed_file
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.documents.judge import Judge
from guild.documents.verdict import SealReport, trusted_of

FILE_BYTES_MAX: Final = 5_000_000
"""A sealed contract has a few hundred kilobytes."""
NOTHING_TO_CHECK: Final = (
    "Choose a PDF of at most 5 MB, or give its SHA-256: 64 digits from 0 to f."
)


@dataclass
class Question:
    """The form: a file, or a fingerprint."""

    file: UploadFile | None = None
    sha256: str = ""
    csrf_token: str = ""


QuestionForm = Annotated[Question, Body(media_type=RequestEncodingType.MULTI_PART)]


@get("/verify", permission=Permission.PUBLIC, include_in_schema=False)
async def verify_page(work: Work) -> Response[str]:
    """The form."""
    return _page(work)


@post("/verify", permission=Permission.PUBLIC, include_in_schema=False, status_code=200,
      request_max_body_size=FILE_BYTES_MAX + 16_384)  # fmt: skip
async def verify(work: Work, data: QuestionForm) -> Response[str]:
    """Say what is true of the file or the fingerprint; nothing is stored."""
    pdf = await data.file.read(FILE_BYTES_MAX + 1) if data.file else b""
    typed = "".join(data.sha256.split()).lower()
    if len(pdf) > FILE_BYTES_MAX or not (pdf or re.fullmatch(r"[0-9a-f]{64}", typed)):
        return _page(work, error=NOTHING_TO_CHECK)
    digest = hashlib.sha256(pdf).hexdigest() if pdf else typed
    known = await sealed_file(work, digest)
    report = None
    if pdf:
        trusted = trusted_of(work.settings)
        judge = work.system.resource("documents.judge", Judge)
        report = await judge.judge(pdf, trusted, at=work.now)
    return _page(work, digest=digest, known=known, report=report)


def _page(
    work: Work, *, digest: str = "", known: SealedFile | None = None,
    report: SealReport | None = None, error: str = "",
) -> Response[str]:  # fmt: skip
    return page(
        work,
        "web/verify.html",
        status=422 if error else 200,
        section="/log",
        digest=digest,
        known=known,
        report=report,
        verdict=judgement_of(report, known) if report else None,
        errors=[{"field": "file", "text": error}] if error else [],
    )


PAGES = [verify_page, verify]
