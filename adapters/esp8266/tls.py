"""TLS by axTLS, which encrypts, but verifies no certificate."""

from __future__ import annotations

from typing import Any


class UnverifiedTls:
    """A TLS that an attacker on the way can read and change: only payload encryption protects."""

    def verifies(self) -> bool:
        """Return False: no certificate is verified."""
        return False

    def wrap(self, sock: Any, host: str) -> Any:
        """Return the socket in TLS, after the handshake."""
        try:
            import ssl
        except ImportError:  # until 1.20
            import ussl as ssl  # type: ignore[no-redef]
        return ssl.wrap_socket(sock, server_hostname=host)  # type: ignore[call-arg]
