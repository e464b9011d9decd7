"""Seals, signers and their answers on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.contracts.schemas.contract import OfferIn, SignerOut
from guild.core.ids import ContactId
from guild.core.wire import Email, In, OptionalLongText, Out, ShortText

Rank = Annotated[int, Meta(ge=1, le=20)]
SignerRole = Literal["signer", "approver", "viewer", "copy"]


class SignerIn(In, frozen=True, kw_only=True):
    """One person who answers for the client.

    People of one `rank` are asked side by side, ranks in order. `needed` says how many of the rank
    must sign; 0 means all.
    """

    contact_id: ContactId
    role: SignerRole = "signer"
    rank: Rank = 1
    needed: Annotated[int, Meta(ge=0, le=20)] = 0


class SignersIn(In, frozen=True):
    """Everybody who signs, approves, reads along or gets a copy."""

    signers: Annotated[tuple[SignerIn, ...], Meta(min_length=1, max_length=20)]


class DelegateIn(OfferIn, frozen=True, kw_only=True):
    """Who may sign instead: her name and address at the client."""

    name: ShortText
    email: Email
    note: OptionalLongText = ""


class SignersOut(Out, frozen=True):
    """Everybody who answers the present version for the client, in order."""

    version: int
    signers: list[SignerOut]


class SealingOut(Out, frozen=True):
    """How the sealing stands. `stopped`: it failed too often, and the operator was told."""

    state: Literal["unsigned", "waiting", "sealed", "failed", "stopped"]
    since: datetime | None
    failures: int
    next_try_at: datetime | None
