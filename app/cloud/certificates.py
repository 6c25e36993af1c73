"""A certificate authority of our own in the data folder, and a server certificate from it."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.cloud.folder import write_private

_CA_DAYS = 3650
_SERVER_DAYS = 365  # made again at every start
_DAY = datetime.timedelta(days=1)
_COMMON_NAME = 64  # characters at the most: X.520, ub-common-name
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificate:
    """The PEM files of a server: its certificate and key, None to serve without TLS.

    `ca` is the certificate that clients must trust, if the server's is made by us.
    """

    ca: Path | None
    path: Path | None
    key: Path | None


def make_certificate(folder: Path, host: str, names: Iterable[str] = _LOCAL) -> Certificate:
    """Make a server certificate; raises OSError, and ValueError for files that are not PEM.

    The CA is kept from start to start, so that clients need to trust it only once; the server's
    certificate is for `host` and for `names`: by default, this computer's local ones.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    ca_path, cert_path, key_path = (folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    ca_key_path = folder / "ca-key.pem"
    if not (ca_path.exists() and ca_key_path.exists()):
        key = ec.generate_private_key(ec.SECP256R1())
        _write_key(ca_key_path, key)
        write_private(ca_path, _pem(_ca(key)))
    ca_key = serialization.load_pem_private_key(ca_key_path.read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    ca = x509.load_pem_x509_certificate(ca_path.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    _write_key(key_path, key)
    write_private(cert_path, _pem(_server(key, ca, ca_key, [host, *names])))
    return Certificate(ca_path, cert_path, key_path)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)  # a Thing's clock may be behind ours
        .not_valid_after(now + days * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _ca(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("PythingsOS local cloud CA")
    return (
        _builder(name, name, key.public_key(), _CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    names: list[str],
) -> x509.Certificate:
    """Sign a certificate for all names; the first is the common name, too, if short enough."""
    common = _name(names[0] if len(names[0]) <= _COMMON_NAME else "PythingsOS local cloud")
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        _builder(common, ca.subject, key.public_key(), _SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternatives(names: list[str]) -> list[x509.GeneralName]:
    """Return the alternative names: an address as one (RFC 5280, 4.2.1.6) and as a name.

    mbedTLS before 3.5, with which an ESP32 verifies, compares names only.
    """
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        with suppress(ValueError):
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        found.append(x509.DNSName(name))
    return found


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(path, pem.decode("ascii"))
