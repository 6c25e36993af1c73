"""TLS by axTLS, which encrypts and verifies nothing."""

from __future__ import annotations

from typing import Any


class UnverifiedTls:
    """Whoever sits in between can read and change everything: only payload encryption is left."""

    def verifies(self) -> bool:
        """Nothing."""
        return False

    def wrap(self, sock: Any, host: str) -> Any:
        """The handshake is done when this returns."""
        try:
            import ssl
        except ImportError:  # until 1.20
            import ussl as ssl  # type: ignore[no-redef]
        return ssl.wrap_socket(sock, server_hostname=host)  # type: ignore[call-arg]
