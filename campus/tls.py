"""TLS towards a server, as both sides configure and dial it."""

import ssl

import msgspec

from campus.errors import ConfigError


class TlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files in PEM form. Empty `ca_file` means the system's authorities; `cert_file` and `key_file` are this side's own."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """A client context that checks the server's name; `ConfigError` when a file is not what it should be."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file or None)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"TLS cannot be set up from {settings}: {error}. Check ca_file, cert_file, key_file"
        ) from error
    return context
