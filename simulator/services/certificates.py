"""The simulated centre's own authority, and its two certificates: one that lasts, one that soon does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.services.shape import FOLDER

LASTING_DAYS: Final = 300.0
EXPIRING_DAYS: Final = 5.5


def write_certificates(directory: Path, name: str) -> None:
    """Write DIR/services/authority.pem, and lasting.pem and expiring.pem, each a certificate of `name` with its key."""
    folder = directory / FOLDER
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Clearwater Test Authority")
    authority = _certificate(issuer, issuer, key.public_key(), key, 2 * LASTING_DAYS, names=())
    (folder / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    for file, days in (("lasting.pem", LASTING_DAYS), ("expiring.pem", EXPIRING_DAYS)):
        own = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(_name(name), issuer, own.public_key(), key, days, names=(name,))
        path = folder / file
        path.touch(mode=0o600)
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + own.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    days: float,
    names: tuple[str, ...],
) -> x509.Certificate:
    """Signed by `signer`; without `names` an authority's own."""
    now = datetime.now(UTC)
    is_authority = not names
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
