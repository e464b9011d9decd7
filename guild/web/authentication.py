"""From a request to the actor behind it: one statement, whatever the credential.

    Authorization: Bearer guild_live_…   a member's API key, narrowed to its scopes
    Authorization: Link …                a client's personal link, until a browser has used it up
    cookie guild                         a signed-in member
    cookie guild_link                    a client who opened a personal link
    cookie guild_client                  a client who opened the link to all that was sent to it

A request that carries an Authorization header is judged by that header alone; it never falls back
to a cookie, so that no browser can be made to act by credentials in a URL. A cookie that we did
not issue, or that is over, is nobody: its value is never adopted. The roles are read afresh each
time, so a right ends with the office, and every right with the membership.

Over TLS the cookies are called `__Host-guild`, `__Host-guild_link` and `__Host-guild_client`.
"""

from datetime import timedelta
from typing import Any, Final, Literal

from litestar.connection import ASGIConnection

from guild.core.errors import Unauthenticated
from guild.core.permissions import (
    ANONYMOUS,
    Actor,
    LinkGrant,
    Permission,
    Role,
    contact_actor,
    member_actor,
    permissions_of,
)
from guild.core.settings import Settings
from guild.core.transaction import Record
from guild.core.work import Work
from guild.governance.queries import HEAD
from guild.members.errors import LinkNotFound
from guild.members.rules.powers import roles_held
from guild.members.rules.tokens import (
    TOKEN_LENGTH_MAX,
    client_cookie_name,
    is_api_key,
    link_cookie_name,
    session_cookie_name,
    token_hash,
)

Connection = ASGIConnection[Any, Any, Any, Any]
CookieKind = Literal["session", "link"]
SEEN_EVERY: Final = timedelta(minutes=10)
"""How exact `last_seen` and `last_used` are; a write per request would cost more than it tells."""

_OFFICES: Final = """
    ARRAY(SELECT r.role FROM member_role r
          WHERE r.member_id = m.id AND r.ended_at IS NULL
            AND (r.expires_at IS NULL OR r.expires_at > $2)) AS offices"""
# The newest charter's hash rides along, which saves `charter_at` its own look-up.
_HEAD: Final = "(SELECT hash FROM charter_version ORDER BY version DESC LIMIT 1) AS charter_head"
_ACTIVE: Final = "m.state IN ('member', 'on_leave')"

_BY_SESSION: Final = f"""
    SELECT m.id, m.display_name, m.state, s.last_seen AS seen, {_OFFICES}, {_HEAD}
    FROM session s JOIN member m ON m.id = s.member_id
    WHERE s.id_hash = $1 AND s.expires_at > $2 AND {_ACTIVE}"""
_BY_KEY: Final = f"""
    SELECT m.id, m.display_name, m.state, k.last_used AS seen, k.scopes, {_OFFICES}, {_HEAD}
    FROM api_key k JOIN member m ON m.id = k.member_id
    WHERE k.key_hash = $1 AND k.revoked_at IS NULL
      AND (k.expires_at IS NULL OR k.expires_at > $2) AND {_ACTIVE}"""
_LINK_COLUMNS: Final = f"l.id, l.purpose, l.subject_id, l.contact_id, c.name, {_HEAD}"
_LINK_ALIVE: Final = "l.revoked_at IS NULL AND l.expires_at > $2"
_BY_LINK: Final = f"""
    SELECT {_LINK_COLUMNS} FROM access_link l JOIN contact c ON c.id = l.contact_id
    WHERE l.token_hash = $1 AND l.opened_at IS NULL AND {_LINK_ALIVE}"""
_BY_LINK_SESSION: Final = f"""
    SELECT {_LINK_COLUMNS}
    FROM link_session s JOIN access_link l ON l.id = s.link_id
    JOIN contact c ON c.id = l.contact_id
    WHERE s.id_hash = $1 AND s.expires_at > $2 AND {_LINK_ALIVE}"""
_PERMISSIONS: Final = {permission.value: permission for permission in Permission}
"""A scope that no longer exists gives nothing."""
_SEEN: Final = "UPDATE session SET last_seen = $2 WHERE id_hash = $1"
_USED: Final = "UPDATE api_key SET last_used = $2 WHERE key_hash = $1"


async def actor_of(connection: Connection, work: Work) -> Actor:
    """Who acts. No credential, or a cookie that is over, is ANONYMOUS.

    Raises Unauthenticated for an Authorization header that does not hold, and LinkNotFound for a
    personal link that does not.
    """
    header = connection.headers.get("authorization")
    if header is not None:
        return await _by_header(header, work, writing=_writes(connection))
    cookie = cookie_credential(connection, work.settings)
    if cookie is None:
        return ANONYMOUS
    kind, token = cookie
    hashed = token_hash(token)
    if kind == "link":
        row = await _one(work, _BY_LINK_SESSION, hashed)
        return ANONYMOUS if row is None else _contact(row)
    row = await _one(work, _BY_SESSION, hashed)
    if row is None:
        return ANONYMOUS
    if _writes(connection) and row["seen"] < work.now - SEEN_EVERY:
        await work.fetch(_SEEN, hashed, work.now)
    return member_actor(row["id"], roles_held(row["state"], row["offices"]), row["display_name"])


def cookie_credential(connection: Connection, settings: Settings) -> tuple[CookieKind, str] | None:
    """The cookie that speaks for this request, if any.

    A member who tries a client's link in her own browser has both cookies: on routes that answer
    links the link speaks, everywhere else the member. The link to all of a client's things speaks
    on its own pages (`everything=True`) only, so that opening one of the things does not end it.
    """
    secure = settings.secure_cookies
    names: list[tuple[CookieKind, str]] = [
        ("session", session_cookie_name(secure=secure)),
        ("link", link_cookie_name(secure=secure)),
    ]
    handler = connection.scope.get("route_handler")
    if handler is not None and handler.opt.get("permission") is Permission.LINK:
        names.reverse()
        if handler.opt.get("everything"):
            names.insert(0, ("link", client_cookie_name(secure=secure)))
    for kind, name in names:
        token = connection.cookies.get(name)
        if token and len(token) <= TOKEN_LENGTH_MAX:
            return kind, token
    return None


async def _by_header(header: str, work: Work, *, writing: bool) -> Actor:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() == "link" and 0 < len(token) <= TOKEN_LENGTH_MAX:
        row = await _one(work, _BY_LINK, token_hash(token))
        if row is None:
            raise LinkNotFound(mend="Ask the person who sent the link for a new one.")
        return _contact(row)
    if scheme.lower() == "bearer" and is_api_key(token):
        hashed = token_hash(token)
        row = await _one(work, _BY_KEY, hashed)
        if row is not None:
            if writing and (row["seen"] is None or row["seen"] < work.now - SEEN_EVERY):
                await work.fetch(_USED, hashed, work.now)
            return _key_holder(row)
    raise Unauthenticated(
        "The Authorization header does not hold.",
        mend="Send “Bearer guild_live_…” with a key that is not revoked, or “Link …”.",
    )


def _key_holder(row: Record) -> Actor:
    roles = roles_held(row["state"], row["offices"])
    scopes = frozenset(_PERMISSIONS[scope] for scope in row["scopes"] if scope in _PERMISSIONS)
    return Actor(
        kind="member",
        id=row["id"],
        roles=roles & {Role.MEMBER},
        permissions=(permissions_of(roles) & scopes) | {Permission.PUBLIC},
        name=row["display_name"],
    )


def _contact(row: Record) -> Actor:
    grant = LinkGrant(
        link_id=row["id"],
        purpose=row["purpose"],
        subject_id=row["subject_id"],
        contact_id=row["contact_id"],
    )
    return contact_actor(grant, row["name"])


async def _one(work: Work, statement: str, hashed: bytes) -> Record | None:
    rows = await work.fetch(statement, hashed, work.now)
    if not rows:
        return None
    if rows[0]["charter_head"] is not None:
        work.memo[HEAD] = rows[0]["charter_head"]
    return rows[0]


def _writes(connection: Connection) -> bool:
    return connection.scope.get("method") not in {"GET", "HEAD", "OPTIONS"}
