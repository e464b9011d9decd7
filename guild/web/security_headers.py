"""The headers that tell a browser what a page of ours may do: next to nothing.

They are set in `before_send`, so that a 404, a 500 and a file have them too. No page has inline
script or style, so that text typed by a person can never run, even if escaping failed once.
"""

from typing import Final

from litestar.types import BeforeMessageSendHookHandler, Message, Scope

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For every answer but the interactive documentation and the pages of passkeys (`core/pages.py`
says theirs): no script at all."""

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
    always = [*ALWAYS.items(), *([("Strict-Transport-Security", HSTS)] if secure else [])]
    fixed = [(name.lower().encode(), value.encode()) for name, value in always]
    ours = frozenset(name for name, _ in fixed)

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        # Every answer passes here, so the pairs are put together as ASGI wants them.
        headers = [pair for pair in message["headers"] if pair[0].lower() not in ours]
        given = {name.lower() for name, _ in headers}
        headers += fixed
        path = scope["path"]
        if b"content-security-policy" not in given:
            policy = DOCS_POLICY if path.rstrip("/") == "/docs" else PAGE_POLICY
            headers.append((b"content-security-policy", policy.encode()))
        if b"cache-control" not in given:
            headers.append((b"cache-control", _cache(path, message["status"]).encode()))
        message["headers"] = headers

    return add


def _cache(path: str, status: int) -> str:
    """Assets may be kept for a day; what people see of each other's affairs never is."""
    if path.startswith("/static/") and status < 400:
        return "public, max-age=86400"
    return "no-store"
