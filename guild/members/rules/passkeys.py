"""Web Authentication by the `webauthn` library, with the house's own narrow choices.

User verification (a finger, a face, a PIN) is always required: presence alone shows that somebody
touched the device, not who. Attestation is not asked for; which maker built a key is no concern.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
"""What authenticators offer and the library verifies: Ed25519, P-256, RSA."""
ASK_MS: Final = 120_000
STRANGE: Final = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, OverflowError)
"""What unreadable answers of an authenticator end in."""


class NotVerified(Exception):
    """The authenticator's answer does not hold; the message says what was found."""


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for keys: the host they are bound to, and the address of our pages."""

    id: str
    name: str
    origin: str


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a registration brought."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    synced: bool


def relying_party(base_url: str, name: str) -> RelyingParty:
    """The party of an installation: keys are bound to the host of its base address."""
    parts = urlsplit(base_url)
    return RelyingParty(
        id=parts.hostname or "", name=name, origin=f"{parts.scheme}://{parts.netloc}"
    )


def registration_options(
    party: RelyingParty, *, challenge: bytes, user_id: bytes, user_name: str, known: list[bytes]
) -> str:
    """JSON for `navigator.credentials.create`; keys in `known` are not made twice."""
    return options_to_json(
        generate_registration_options(
            rp_id=party.id,
            rp_name=party.name,
            user_id=user_id,
            user_name=user_name,
            challenge=challenge,
            timeout=ASK_MS,
            supported_pub_key_algs=ALGORITHMS,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
    )


def assertion_options(party: RelyingParty, *, challenge: bytes, known: list[bytes]) -> str:
    """JSON for `navigator.credentials.get` with one of the known keys."""
    return options_to_json(
        generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            timeout=ASK_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def verified_registration(
    party: RelyingParty, answer: dict[str, Any], *, challenge: bytes
) -> NewKey:
    """The key of a registration; raises NotVerified."""
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except STRANGE as wrong:
        raise NotVerified(str(wrong)) from wrong
    return NewKey(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        synced=made.credential_backed_up,
    )


def verified_assertion(
    party: RelyingParty, answer: dict[str, Any], *, challenge: bytes, public_key: bytes,
    sign_count: int,
) -> int:  # fmt: skip
    """The key's new count of signatures, if it signed this challenge here; raises NotVerified."""
    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except STRANGE as wrong:
        raise NotVerified(str(wrong)) from wrong
    return found.new_sign_count
