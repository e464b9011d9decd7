"""The page and the files by which anybody checks our seals: the root, and what it revoked."""

from litestar import Response

from guild.core.errors import NotFound
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.documents.identity import fingerprint_of, identity_of
from guild.documents.verdict import trusted_of
from guild.translog.queries import log_key

PEM = "application/x-pem-file"


class TrustFileMissing(NotFound):
    """This installation has no such file."""

    code = "trust_file_missing"
    title = "There is no such file here"


@get("/trust", permission=Permission.PUBLIC, include_in_schema=False)
async def trust_page(work: Work) -> Response[str]:
    """Whose word a seal is, how strong it is, and the fingerprints to compare."""
    trusted, seal = trusted_of(work.settings), work.settings.seal
    identity = identity_of(work.settings)
    return page(
        work,
        "web/trust.html",
        section="/log",
        level=seal.level,
        stamp_url=seal.stamp_url,
        root_sha256=fingerprint_of(trusted.root_pem),
        seal_sha256=fingerprint_of(identity.cert_pem),
        stamp_root_sha256=fingerprint_of(trusted.stamp_root_pem) if seal.stamp_url else "",
        revocations=bool(trusted.crl_pem),
        production=work.settings.production,
        vkey=log_key(work).vkey,
    )


@get("/trust/root.pem", permission=Permission.PUBLIC, include_in_schema=False)
async def root_file(work: Work) -> Response[bytes]:
    """The root certificate."""
    return _file(trusted_of(work.settings).root_pem, PEM)


@get("/trust/root.crl", permission=Permission.PUBLIC, include_in_schema=False)
async def revocation_file(work: Work) -> Response[bytes]:
    """What the root has revoked (RFC 5280)."""
    return _file(trusted_of(work.settings).crl_pem, PEM)


@get("/trust/time-root.pem", permission=Permission.PUBLIC, include_in_schema=False)
async def stamp_root_file(work: Work) -> Response[bytes]:
    """The root of a foreign time-stamping authority; the local one stands under our own root."""
    return _file(trusted_of(work.settings).stamp_root_pem, PEM)


def _file(content: bytes, media_type: str) -> Response[bytes]:
    if not content:
        raise TrustFileMissing
    return Response(content, media_type=media_type)


PAGES = [trust_page, root_file, revocation_file, stamp_root_file]
