"""Which provider the settings name; imported only when one is used."""

from guild.core.settings import Settings
from guild.treasury.errors import ProviderNotFound
from guild.treasury.providers.gocardless import GoCardless
from guild.treasury.providers.interface import Provider
from guild.treasury.providers.stripe import Stripe


def provider_of(settings: Settings, name: str) -> Provider:
    """The provider of that name. Raises ProviderNotFound when it has no key."""
    pay = settings.pay
    if name == "stripe" and pay.stripe_key:
        return Stripe(pay.stripe_url, pay.stripe_key, pay.stripe_hook_secret)
    if name == "gocardless" and pay.gocardless_key:
        return GoCardless(pay.gocardless_url, pay.gocardless_key, pay.gocardless_hook_secret)
    raise ProviderNotFound(f"“{name}” is not set up here.")
