"""`ssl` of the ESP32 port: mbedTLS, which holds certificates against the board's own clock."""

# ruff: noqa: ARG002 - the arguments are those of the real module

import time

import tls
from tls import CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED, PROTOCOL_TLS_CLIENT  # noqa: F401

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
        return self._context.wrap_socket(sock, **options)


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
