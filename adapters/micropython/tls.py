"""TLS by mbedTLS, verified against the owner's authority where the firmware can."""

from __future__ import annotations

import binascii
from typing import Any

from domain.errors import LinkError
from ports.clock import Clock


def _ssl() -> Any:
    """Return the TLS module, loaded lazily for its size."""
    try:
        import ssl
    except ImportError:  # until 1.20
        import ussl as ssl  # type: ignore[no-redef]
    return ssl


class Tls:
    """TLS. In the folder `root`: the file `ca` with the authority's certificate, DER or PEM, and
    `ntp` with a time server's name, unless the usual one is used.

    Firmware before 1.21 has no SSLContext, and verifies nothing.
    """

    def __init__(self, root: str, clock: Clock) -> None:
        self._root = root
        self._clock = clock
        self._context: Any = None

    def verifies(self) -> bool:
        """Return whether this firmware can verify certificates."""
        return hasattr(_ssl(), "SSLContext")

    def wrap(self, sock: Any, host: str) -> Any:
        """Return the socket in TLS; raise LinkError `tls` if no authority is trusted."""
        ssl = _ssl()
        if not self.verifies():
            return ssl.wrap_socket(sock, server_hostname=host)
        if not self._context:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.verify_mode = ssl.CERT_REQUIRED
            try:
                with open(self._root + "/ca", "rb") as file:
                    data = file.read()
                if data[:5] == b"-----":  # PEM, which most firmware does not read
                    data = binascii.a2b_base64(data.split(b"-----")[2])
                context.load_verify_locations(cadata=data)
            except (OSError, ValueError, IndexError) as error:
                raise LinkError(
                    "tls", "no authority to trust - put its certificate into the file ca"
                ) from error
            self._context = context
        from adapters.micropython.date import keep

        keep(self._clock, self._root + "/ntp")
        return self._context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
