"""The module `ssl` of the ESP32 port: mbedTLS, which checks certificates by the board's clock."""

# ruff: noqa: ARG001, ARG002 - the arguments are those of the real module

import time

import _sim
import tls
from tls import CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED, PROTOCOL_TLS_CLIENT  # noqa: F401

_MISMATCH = -0x2700  # MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
_NAME = b"\x82"  # dNSName (RFC 5280, 4.2.1.6)

# Seconds since 2000: before 2020, no certificate that is valid today was valid.
_OLD = 631152000


class SSLContext:
    """The interpreter's context, which checks certificates by the host's clock.

    While the board's clock is close to the host's, that makes no difference.
    """

    def __init__(self, protocol):
        self._context = tls.SSLContext(protocol)
        self.verify_mode = CERT_NONE

    def load_verify_locations(self, cafile=None, cadata=None):
        """Load certificates: DER, as bytes."""
        self._context.load_verify_locations(cadata)

    def wrap_socket(self, sock, **options):
        """Wrap a socket; the handshake follows with the first data."""
        if self.verify_mode == CERT_REQUIRED and time.time() < _OLD:
            return _Refused(sock)
        self._context.verify_mode = self.verify_mode
        host = options.get("server_hostname") or ""
        if self.verify_mode == CERT_REQUIRED and not _sim.config["addresses"] and _address(host):
            self._context.verify_callback = _named(host)
        return self._context.wrap_socket(sock, **options)


def _address(host):
    return ":" in host or all(part.isdigit() for part in host.split("."))


def _named(host):
    """Return a check as in mbedTLS before 3.5, which compares names but never addresses."""
    name = host.encode()
    entry = _NAME + bytes([len(name)]) + name

    def verify(certificate, depth):
        return 0 if depth or entry in bytes(certificate) else _MISMATCH

    return verify


def wrap_socket(sock, server_side=False, server_hostname=None, **options):
    """Wrap a socket without verification, as all versions do."""
    context = tls.SSLContext(PROTOCOL_TLS_CLIENT)
    context.verify_mode = CERT_NONE
    return context.wrap_socket(sock, server_hostname=server_hostname)


if not _sim.config["ssl_context"]:
    del SSLContext


class _Refused:
    """A connection with a handshake that will fail."""

    def __init__(self, sock):
        self._sock = sock
        self.setblocking = sock.setblocking
        self.close = sock.close

    def read(self, size=-1):
        """Fail in the handshake, as `write` does."""
        self.write(b"")

    def write(self, data):
        """Fail in the handshake."""
        raise OSError(-0x2700, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED")
