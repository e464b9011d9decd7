"""What makes the clients of several members one and the same. Pure."""

from typing import Protocol
from uuid import UUID


class Client(Protocol):
    """The columns of an organisation that say who it is."""

    @property
    def id(self) -> UUID:
        """The organisation."""

    @property
    def country(self) -> str:
        """ISO 3166-1."""

    @property
    def vat_number(self) -> str | None:
        """With its country's letters."""

    @property
    def enterprise_number(self) -> str | None:
        """Without them."""


def client_key(client: Client) -> str:
    """The VAT or enterprise number without its country, or else the organisation's own id.

    A Belgian VAT number is the enterprise number with two letters in front, so the letters go:
    who enters only one of the two has entered the same client.
    """
    known = client.vat_number or client.enterprise_number
    if not known:
        return str(client.id)
    return f"{client.country}:{known.removeprefix(client.country)}"


def spellings(client: Client) -> list[str]:
    """The ways in which the same number may stand in another member's entry; empty without one."""
    known = client.vat_number or client.enterprise_number
    if not known:
        return []
    bare = known.removeprefix(client.country)
    return [bare, f"{client.country}{bare}"]
