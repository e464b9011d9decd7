"""Which gateway this installation speaks to, if any."""

from guild.core.settings import Cooperative
from guild.core.work import System
from guild.exchange.gateway.http import HttpGateway
from guild.exchange.gateway.interface import PeppolGateway
from guild.exchange.gateway.loopback import LoopbackGateway

RESOURCE = "exchange.gateway"


def gateway_of(system: System) -> PeppolGateway | None:
    """The gateway of the settings, made once per process; None means that mail is the only way."""
    peppol = system.settings.peppol
    if not peppol.gateway:
        return None
    return system.resource(RESOURCE, lambda: _made(system))


def _made(system: System) -> PeppolGateway:
    peppol = system.settings.peppol
    if peppol.gateway == "loopback":
        own = own_participant(system.settings.coop, peppol.participant)
        return LoopbackGateway(system, own=own, partner=peppol.partner)
    return HttpGateway(peppol.url, peppol.key, ca_file=peppol.ca_file)


def own_participant(coop: Cooperative, given: str = "") -> str:
    """The co-operative's own address on the network: as set, else its enterprise number's."""
    return given or f"0208:{coop.enterprise_number}"
