"""`ssl` of the ESP32 port: mbedTLS, which holds certificates against the board's own clock."""

# ruff: noqa: ARG001, ARG002 - the arguments are those of the real module

import time

import _sim
import tls
from tls import CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED, PROTOCOL_TLS_CLIENT  # noqa: F401

_MISMATCH = -0x2700  # MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
_NAME = b"\x82"  # dNSName (RFC 5280, 4.2.1.6)

# Seconds since 2000: before 2020 no certificate that is good today was valid.
_OLD = 631152000


class SSLContext:
    """The interpreter's, which holds certificates against the host's clock; as long as the board's
    is not far from it, that is the same."""

    def __init__(self, protocol):
        self._context = tls.SSLContext(protocol)
        self.verify_mode = CERT_NONE

    def load_verify_locations(self, cafile=None, cadata=None):
        """DER, as bytes."""
        self._context.load_verify_locations(cadata)

    def wrap_socket(self, sock, **options):
        """The handshake comes with the first data."""
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
    """mbedTLS before 3.5 compares names only: a certificate's address is none of them."""
    name = host.encode()
    entry = _NAME + bytes([len(name)]) + name

    def verify(certificate, depth):
        return 0 if depth or entry in bytes(certificate) else _MISMATCH

    return verify


def wrap_socket(sock, server_side=False, server_hostname=None, **options):
    """Of all versions; verifies nothing."""
    context = tls.SSLContext(PROTOCOL_TLS_CLIENT)
    context.verify_mode = CERT_NONE
    return context.wrap_socket(sock, server_hostname=server_hostname)


if not _sim.config["ssl_context"]:
    del SSLContext


class _Refused:
    """A connection whose handshake will fail."""

    def __init__(self, sock):
        self._sock = sock
        self.setblocking = sock.setblocking
        self.close = sock.close

    def read(self, size=-1):
        """As `write`."""
        self.write(b"")

    def write(self, data):
        """The handshake."""
        raise OSError(-0x2700, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED")
