"""Files that a browser saves."""

from litestar import Response

from guild.core.ids import BatchId


def xml_file(content: bytes, batch_id: BatchId) -> Response[bytes]:
    """A payment or collection file as a download."""
    kind = "pain008" if b"pain.008" in content[:200] else "pain001"
    return _download(content, "application/xml", f"{kind}-{batch_id.hex}.xml")


def pdf_file(name: str, content: bytes) -> Response[bytes]:
    """A payout statement as a download."""
    return _download(content, "application/pdf", name)


def table_file(content: bytes, name: str) -> Response[bytes]:
    """A table as a CSV download."""
    return _download(content, "text/csv", name)


def _download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """A file that no browser shows inline and no cache keeps."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
