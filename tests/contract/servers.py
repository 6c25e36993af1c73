"""Servers on real sockets that misbehave on demand, and their certificates."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Callable

from app.cloud.certificates import make_certificate
from tests.patience import PATIENCE_S

PATIENCE = int(PATIENCE_S)

Handler = Callable[[socket.socket, "Server"], None]


class Server:
    """A server on 127.0.0.1 with a handler per connection; the last one serves all further ones.

    `requests` has the bodies, `heads` the HTTP heads, `received` the bytes of other protocols."""

    def __init__(self, *handlers: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._handlers = handlers
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self.stopping = threading.Event()
        self.changed = threading.Condition()
        self.host = "127.0.0.1"
        self.port: int = self._listener.getsockname()[1]
        self.backend = f"127.0.0.1:{self.port}"
        self.connections = 0
        self.requests: list[bytes] = []
        self.heads: list[bytes] = []
        self.received = b""
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all connections and wait for the threads."""
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        for sock in self._sockets:
            sock.close()

    def ended(self, count: int) -> None:
        """Wait until the handlers of the first `count` connections are done, and closed them."""
        for thread in self._threads[:count]:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def written(self, size: int) -> bytes:
        """Wait for `size` bytes and return all received."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.received) >= size, PATIENCE)
        return self.received

    def receive(self, data: bytes) -> None:
        """Record bytes that arrived, and wake the waiting test."""
        with self.changed:
            self.received += data
            self.changed.notify_all()

    def request(self, conn: socket.socket) -> bool:
        """Read one HTTP request; return False at the end of the stream."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = conn.recv(65536)
            if not piece:
                return False
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        while len(body) < size:
            piece = conn.recv(65536)
            if not piece:
                return False
            body += piece
        self.heads.append(head)
        self.requests.append(body)
        return True

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(conn)
            handler = self._handlers[min(self.connections, len(self._handlers) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(conn, handler), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, conn: socket.socket, handler: Handler) -> None:
        with suppress(OSError):
            if self._tls:
                conn.settimeout(PATIENCE)
                conn = self._tls.wrap_socket(conn, server_side=True)
                self._sockets.append(conn)
            handler(conn, self)
        conn.close()


def http(status: int, kind: str, body: bytes, *more: str) -> bytes:
    """Return an HTTP answer with its length and the header lines `more`."""
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body)}", *more]
    if kind:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(*answers: bytes, then: str = "close") -> Handler:
    """Return a handler that sends a raw answer per request, then does `then`, see `end`."""

    def handler(conn: socket.socket, server: Server) -> None:
        for answer in answers:
            if not server.request(conn):
                return
            conn.sendall(answer)
        end(conn, server, then)

    return handler


def end(conn: socket.socket, server: Server, then: str) -> None:
    """End a connection as told: "close", "reset" or "hang"."""
    if then == "reset":
        reset(conn)
    elif then == "hang":
        server.stopping.wait(PATIENCE)


def reset(conn: socket.socket) -> None:
    """Close a connection with an RST."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


def trickles(head: bytes, drop: bytes, every: float = 0.02) -> Handler:
    """Return a handler that answers with `head`, then `drop` every `every` seconds, for ever."""

    def handler(conn: socket.socket, server: Server) -> None:
        server.request(conn)
        conn.sendall(head)
        while not server.stopping.wait(every):
            conn.sendall(drop)

    return handler


class Authority:
    """A certificate authority in a folder, by the local cloud's own code; `ca` is its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca = str(make_certificate(folder, "localhost", names=()).ca)

    def server(self, *hosts: str, self_signed: bool = False) -> ssl.SSLContext:
        """Return a server's TLS context with a certificate for these hosts only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self_signed:  # use the certificate of an authority, which is self-signed
            folder = self._folder / "another"
            make_certificate(folder, hosts[0])
            context.load_cert_chain(folder / "ca.pem", folder / "ca-key.pem")
        else:
            made = make_certificate(self._folder, hosts[0], names=hosts[1:])
            assert made.path
            context.load_cert_chain(made.path, made.key)
        return context
