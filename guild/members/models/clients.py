"""The members' clients and the people who answer for them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ContactId, MemberId, OrganisationId

ORGANISATION_KINDS = ("company", "public_body", "consumer")


class Organisation(Base):
    """A client, as the member who brought it knows it."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(f"kind IN {ORGANISATION_KINDS!r}", name="kind"),
        CheckConstraint("kind <> 'consumer' OR vat_number IS NULL", name="consumer_has_no_vat"),
        Index(
            "uq_organisation_vat_per_creator",
            "created_by",
            "vat_number",
            unique=True,
            postgresql_where=text("vat_number IS NOT NULL"),
        ),
        Index(None, "created_by", "id"),
    )

    id: Mapped[OrganisationId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    country: Mapped[str] = mapped_column(String(2))
    region: Mapped[str] = mapped_column(String(6), default="", server_default="")
    """ISO 3166-2, such as US-NY, where law differs inside a country; else empty."""
    vat_number: Mapped[str | None] = mapped_column(String(20), default=None)
    """With its country prefix, compact: BE0403019261. (Greece: EL.)"""
    enterprise_number: Mapped[str | None] = mapped_column(String(20), default=None)
    street: Mapped[str] = mapped_column(String(200))
    postcode: Mapped[str] = mapped_column(String(20))
    city: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5), default="en")
    created_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
    """Raised by each change; a change that answers an older one is refused."""


class Contact(Base):
    """A person at a client, who gets the personal links."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("uq_contact_email", "organisation_id", "email", unique=True),
        Index(None, "email"),
    )

    id: Mapped[ContactId] = mapped_column(primary_key=True)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5), default="en")
    created_at: Mapped[datetime]
