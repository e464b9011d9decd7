"""Names and places of stored files, and the headers under which they leave the house. Pure."""

import re
import unicodedata
from pathlib import Path
from urllib.parse import quote

NAME_LENGTH_MAX = 120


def safe_name(name: str) -> str:
    """A file name of ASCII letters, digits, dot, dash and underscore, with its ending kept.

    "Facture n° 7/2026.pdf" becomes "Facture_n_7_2026.pdf". Nothing in it can leave a folder.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).lstrip("._-")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    room = NAME_LENGTH_MAX - len(dot + ending[:10])
    return (stem[:room] + dot + ending[:10]) or "document"


def place(data_dir: Path, digest: bytes, name: str) -> Path:
    """Where the bytes of that SHA-256 lie: documents/ab/abcd…/name."""
    text = digest.hex()
    return data_dir / "documents" / text[:2] / text / name


def download_headers(name: str) -> dict[str, str]:
    """Headers for a stored file: saved, never shown inside our origin, never guessed, never cached.

    RFC 6266 gives the name twice, for old and for present clients.
    """
    plain = safe_name(name)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
