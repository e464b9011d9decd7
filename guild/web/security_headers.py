"""The headers that tell a browser what a page of ours may do: next to nothing.

They are set in `before_send`, so that a 404, a 500 and a file have them too. No page has inline
script or style, so that text typed by a person can never run, even if escaping failed once.
"""

from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.types import BeforeMessageSendHookHandler, Message, Scope

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For every answer but the interactive documentation: no script at all."""

DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""For /docs: our own vendored script, which asks our own API."""

HSTS: Final = "max-age=31536000; includeSubDomains"
"""One year, source: hstspreload.org's minimum. Only over HTTPS: it would lock a laptop out."""

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def security_headers(*, secure: bool) -> BeforeMessageSendHookHandler:
    """The hook for `Litestar(before_send=[…])`; `secure` says that people come over HTTPS."""

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        path = scope["path"]
        for name, value in ALWAYS.items():
            headers[name] = value
        policy = DOCS_POLICY if path.rstrip("/") == "/docs" else PAGE_POLICY
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("Cache-Control", _cache(path, message["status"]))
        if secure:
            headers["Strict-Transport-Security"] = HSTS

    return add


def _cache(path: str, status: int) -> str:
    """Assets may be kept for a day; what people see of each other's affairs never is."""
    if path.startswith("/static/") and status < 400:
        return "public, max-age=86400"
    return "no-store"
