"""What the OpenAPI document says beside the routes: subjects, problems, keys, kinds of files."""

from collections.abc import Mapping
from typing import Any, Final

Document = dict[str, Any]

DESCRIPTION: Final = """\
The back office of a freelancers' union-cooperative: contracts, invoices, payouts, a mutual fund,
union reviews and an open reputation ledger.

**Amounts** are decimal strings (`"1210.00"`) beside an ISO 4217 currency; **moments** are UTC
(RFC 3339); **ids** are UUIDs. **Lists** come in pages: ask again with `cursor=next_cursor` until it
is null. Unknown fields are refused, so a typing error is never silently ignored.

**Errors** are RFC 9457 problem documents with a stable `code`; `errors` names each wrong field, and
`mend` says how to put it right. What you may not see is answered like what does not exist: 404.

**Repeating is safe.** Operations that move money or issue a document need an `Idempotency-Key`
header: the same key and body get the same answer and have one effect.
"""

TAGS: Final = {
    "access": "Signing in and out, sessions, API keys",
    "members": "People, membership, offices, bank accounts",
    "bank accounts": "Where members are paid; a second person approves each",
    "clients": "The members' clients and their contacts",
    "governance": "The charter: every voted number, with reason and source",
    "contracts": "Drafts, offers, signing, milestones, deliveries",
    "offer": "What a client does with the personal link to an offer",
    "client": "What a client does with other personal links",
    "invoices": "Invoices, credit notes, e-invoice files, payments",
    "treasury": "Bank statements in, matching, payouts out",
    "payouts": "What members are paid, and the files for the bank",
    "fund": "The mutual fund: levy, guarantee, benefits, claims",
    "claims": "Benefits: filing, evidence, juries, appeals",
    "reputation": "Attestations, replies, disputes, published scores",
    "reviews": "Good Work reviews by union representatives",
    "labels": "Public labels that come of reviews",
    "work": "Time, costs, time sheets and files under a contract",
    "delivery": "How invoices reach those who pay them: mail, Peppol, portals",
    "costs": "Suppliers' invoices that came in: matched, accepted, booked",
    "self-billing": "Invoices that the cooperative writes in a member's name",
    "receivables": "What clients owe: objections, reminders, interest, write-offs, refunds",
    "direct debits": "Clients' mandates and the collections under them",
    "exports": "Files of one's own documents, or of all for the treasury",
    "webhooks": "Facts told to another program",
    "ledger": "The books: accounts, entries, balances",
    "log": "The transparency log: checkpoints and proofs",
    "documents": "Sealed files",
    "operations": "Health and readiness",
}

SECURITY: Final[Mapping[str, Document]] = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "guild",
        "description": "The cookie that signing in sets (`__Host-guild` over TLS). Requests that "
        "change something send `X-CSRF-Token` too, with the token that signing in returned.",
    },
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of a member: `Authorization: Bearer …`.",
    },
    "personalLink": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The token of a client's personal link: `Authorization: Link …`. It opens "
        "one thing, for a limited time.",
    },
}

PROBLEM: Final[Document] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. Programs act on `code`; the sentences may be improved at any time.",
    "required": ["type", "title", "status", "code", "detail", "instance"],
    "additionalProperties": True,
    "properties": {
        "type": {"type": "string", "description": "`urn:guild:problem:` and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable."},
        "detail": {"type": "string", "description": "What happened, for the person."},
        "instance": {"type": "string", "description": "The path that was asked."},
        "mend": {"type": "string", "description": "How to put it right."},
        "field": {"type": "string", "description": "The input that is wrong, if it is one."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "text"],
                "properties": {"field": {"type": "string"}, "text": {"type": "string"}},
            },
        },
        "number": {"type": "string", "description": "Quote it when it is our fault."},
    },
}

ANSWERS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: (
        "invalid_input",
        "It could not be read; `errors` names each wrong field.",
        "Net minor must be a whole number, not text.",
    ),
    401: ("unauthenticated", "Nobody is signed in.", "This needs somebody who is signed in."),
    403: ("forbidden", "The role or the case does not allow it.", "Your role does not allow this."),
    404: ("not_found", "Absent, or not for this actor's eyes.", "There is nothing here."),
    409: ("conflict", "At odds with how things stand.", "This step is not possible now."),
    413: ("payload_too_large", "The body is too large.", "This is too large."),
    422: ("invalid", "It could be read but cannot be right.", "The amount must be above zero."),
    429: ("too_many_requests", "Too many tries; see Retry-After.", "Wait a minute."),
    500: ("internal_error", "Our fault; nothing was changed.", "Nothing was changed."),
    503: (
        "unavailable",
        "Our side cannot answer now; trying again is safe.",
        "The records cannot be reached just now.",
    ),
}

IDEMPOTENCY_KEY: Final[Document] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "8 to 200 visible characters; a new one for each new request, the same one to "
    "repeat it. The same key and body get the same answer (`Idempotent-Replay: true`); the same "
    "key with another body is refused with 422 `idempotency_key_reused`.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
    "example": "0d9b2f5e-8a41-4f0c-9d7a-6a1f2b3c4d5e",
}
FILE: Final[Document] = {"type": "string", "contentEncoding": "binary"}
JSON_FILE: Final[Document] = {"type": "object", "additionalProperties": True}
