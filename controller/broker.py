"""From the configuration's broker block to what ingest dials with."""

from campus.tls import tls_context
from controller.config import BrokerSettings
from controller.ingest.subscriber import BrokerAddress


def broker_address(settings: BrokerSettings) -> BrokerAddress:
    """Reads the password and the certificates; `ConfigError` when one of them cannot be used."""
    password = settings.password()
    return BrokerAddress(
        host=settings.host,
        port=settings.port,
        client_id=settings.client_id,
        username=settings.username,
        password=password.reveal() if password else "",
        tls=tls_context(settings.tls) if settings.tls else None,
    )
