"""From the configuration's broker block to what ingest dials with."""

import ssl

from campus.errors import ConfigError
from controller.config import BrokerSettings, TlsSettings
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
        tls=_tls_context(settings.tls) if settings.tls else None,
    )


def _tls_context(settings: TlsSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file or None)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"broker.tls: the certificates cannot be used: {error}. Check ca_file, cert_file, key_file"
        ) from error
    return context
