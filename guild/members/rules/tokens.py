"""Secrets that are handed out once: session ids, API keys, personal links, CSRF tokens.

All are random, and only their SHA-256 is stored; with at least 178 bits of randomness a plain hash
is enough. An API key carries a checksum, so that scanners can tell a leaked key from noise and a
typing error is refused without asking the database.
"""

import hashlib
import hmac
import secrets
import zlib
from base64 import urlsafe_b64encode
from typing import Final

KEY_START: Final = "guild_live_"
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH: Final = 30
_CHECK_LENGTH: Final = 6
PREFIX_LENGTH: Final = 14
TOKEN_LENGTH_MAX: Final = 100
_CSRF_PURPOSE: Final = b"guild csrf v1"


def new_token() -> str:
    """256 random bits, for session ids and personal links."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_api_key() -> str:
    """`guild_live_`, 30 random characters of base62, and 6 of their CRC-32."""
    body = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_LENGTH))
    return KEY_START + body + _checksum(body)


def is_api_key(text: str) -> bool:
    """Whether the text has the form and the checksum of a key; says nothing about its validity."""
    body, check = text[len(KEY_START) : -_CHECK_LENGTH], text[-_CHECK_LENGTH:]
    return (
        text.startswith(KEY_START)
        and len(body) == _RANDOM_LENGTH
        and set(text[len(KEY_START) :]) <= set(_BASE62)
        and hmac.compare_digest(check, _checksum(body))
    )


def csrf_token(session_token: str) -> str:
    """The proof that a form came from a page of this very session.

    An HMAC keyed by the session id, which no script and no other site can read: another session's
    token, however valid, does not pass, and nothing has to be stored.
    """
    digest = hmac.digest(session_token.encode(), _CSRF_PURPOSE, "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


def same(token: str, presented: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(token.encode(), presented.encode())


def session_cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to TLS, so that no subdomain can plant one."""
    return "__Host-guild" if secure else "guild"


def link_cookie_name(*, secure: bool) -> str:
    """The cookie of a client who opened a personal link."""
    return "__Host-guild_link" if secure else "guild_link"


def client_cookie_name(*, secure: bool) -> str:
    """The cookie of a client who opened the link to all that was sent to its address."""
    return "__Host-guild_client" if secure else "guild_client"


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECK_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
