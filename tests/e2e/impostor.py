"""A man in the middle that takes any TLS connection, with the certificate that it is given."""

from __future__ import annotations

import socket
import ssl
import threading


class Impostor:
    """A server on a free port of 127.0.0.1 during the `with`; `heard` has the bytes received."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.heard: list[bytes] = []
        self.heard_one = threading.Event()
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
                        self.heard_one.set()
                except OSError:  # the handshake was refused, as it should be
                    self.refused.set()
