"""Answers that are files."""

from litestar import Response

OBJECTION_MAX_BYTES = 7_200_000
"""Five files of a megabyte in base64, and the text."""
STATEMENT_TYPES = ("text/csv", "application/pdf")
OBJECTION_TYPES = ("application/pdf", "image/jpeg", "image/png")
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


def plain_file(name: str, media_type: str, content: bytes) -> Response[bytes]:
    """A download that no cache keeps and no browser guesses about."""
    safe = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(content, media_type=media_type, headers=headers)


def pdf_file(name: str, content: bytes) -> Response[bytes]:
    """A PDF."""
    return plain_file(name, "application/pdf", content)


def csv_file(name: str, content: bytes) -> Response[bytes]:
    """A table."""
    return plain_file(name, "text/csv", content)
