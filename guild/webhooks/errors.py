"""What can go wrong with webhooks."""

from guild.core.errors import Conflict, Invalid, NotFound


class WebhookNotFound(NotFound):
    """No such subscription among the actor's own."""

    code = "webhook_not_found"
    title = "No such webhook"


class DeliveryNotFound(NotFound):
    """No such delivery of the actor's subscriptions."""

    code = "webhook_delivery_not_found"
    title = "No such delivery"


class AddressRefused(Invalid):
    """The address cannot be one that facts are sent to."""

    code = "webhook_address_refused"
    title = "Nothing can be sent to this address"


class FactUnknown(Invalid):
    """A kind of fact that does not exist, or is not offered to this subscriber."""

    code = "webhook_fact_unknown"
    title = "There is no such fact to subscribe to"


class TooManyWebhooks(Conflict):
    """The subscriber has as many as she may have."""

    code = "too_many_webhooks"
    title = "No more webhooks"


class OwnWebhook(Conflict):
    """A second person is needed, and this is the first."""

    code = "own_webhook"
    title = "Somebody else has to confirm it"
