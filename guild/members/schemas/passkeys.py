"""Passkeys on the wire: what `PublicKeyCredential.toJSON()` gives, and what is shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from guild.core.ids import PasskeyId
from guild.core.wire import In, Out, ShortText
from guild.members.schemas.people import Password

Encoded = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"^[A-Za-z0-9_-]+$")]
"""base64url without padding."""
KeyId = Annotated[str, Meta(min_length=1, max_length=1_400, pattern=r"^[A-Za-z0-9_-]+$")]


class _CredentialIn(In, frozen=True, kw_only=True):
    id: KeyId
    raw_id: KeyId = msgspec.field(name="rawId")
    type: Literal["public-key"]
    authenticator_attachment: Literal["platform", "cross-platform"] | None = msgspec.field(
        name="authenticatorAttachment", default=None
    )
    client_extension_results: dict[str, Any] = msgspec.field(
        name="clientExtensionResults", default_factory=dict
    )


class AttestedIn(In, frozen=True, kw_only=True):
    """The answer to `navigator.credentials.create`; what follows from the rest is not read."""

    client_data: Encoded = msgspec.field(name="clientDataJSON")
    attestation: Encoded = msgspec.field(name="attestationObject")
    transports: Annotated[tuple[str, ...], Meta(max_length=10)] = ()
    authenticator_data: str | None = msgspec.field(name="authenticatorData", default=None)
    public_key: str | None = msgspec.field(name="publicKey", default=None)
    public_key_algorithm: int | None = msgspec.field(name="publicKeyAlgorithm", default=None)


class NewPasskeyIn(_CredentialIn, frozen=True, kw_only=True):
    """A new passkey, as the browser hands it over."""

    response: AttestedIn


class AssertedIn(In, frozen=True, kw_only=True):
    """The answer to `navigator.credentials.get`."""

    client_data: Encoded = msgspec.field(name="clientDataJSON")
    authenticator_data: Encoded = msgspec.field(name="authenticatorData")
    signature: Encoded
    user_handle: Encoded | None = msgspec.field(name="userHandle", default=None)


class AssertionIn(_CredentialIn, frozen=True, kw_only=True):
    """A signature of a passkey, as the browser hands it over."""

    response: AssertedIn


class PasskeyAskIn(In, frozen=True, kw_only=True):
    """A member asks for a passkey: what she calls it, and her password once more."""

    label: ShortText
    password: Password


class PasskeyOptionsOut(Out, frozen=True, kw_only=True):
    """What to hand to `navigator.credentials`: JSON for `parse…OptionsFromJSON`."""

    options: dict[str, Any]
    expires_at: datetime


class PasskeyOut(Out, frozen=True, kw_only=True):
    """A passkey of one's own. `synced`: the device says that it is backed up elsewhere."""

    id: PasskeyId
    label: str
    synced: bool
    registered_at: datetime
    last_used_at: datetime | None
