"""A man in the middle: takes any TLS connection with a certificate of his own making."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from app.cloud.certificates import make_certificate


class Impostor:
    """Listens on a free port of 127.0.0.1 for as long as the `with` lasts; keeps what it hears."""

    def __init__(self, folder: Path) -> None:
        made = make_certificate(folder / "impostor", "127.0.0.1")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert made.path and made.key
        self._context.load_cert_chain(made.path, made.key)
        self.heard: list[bytes] = []
        self.refused = threading.Event()

    def __enter__(self) -> Impostor:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(10)
                try:
                    with self._context.wrap_socket(client, server_side=True) as secured:
                        self.heard.append(secured.recv(65536))
                except OSError:  # the handshake was refused, as it should be
                    self.refused.set()
