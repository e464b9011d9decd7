"""The way to the Peppol network: what Guild asks of a gateway, and the gateways it knows."""
