"""A proxy between a Thing and its cloud that counts traffic and can do harm."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Callable

# Gets the path and the raw answer; returns the bytes to send, or None to send nothing ever.
Rule = Callable[[str, bytes], bytes | None]
# Gets the path and the raw request; returns the answer instead of the cloud's, or None to pass.
Barrier = Callable[[str, bytes], bytes | None]


class Proxy:
    """A proxy on a free port of 127.0.0.1 during the `with`."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream = ("127.0.0.1", upstream_port)
        self.rule: Rule | None = None
        self.barrier: Barrier | None = None
        self.connections = 0
        self.up = 0
        self.down = 0
        self.paths: list[str] = []
        self.requests: list[bytes] = []
        self.sizes: list[int] = []  # of each request with its answer
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._news = threading.Condition()

    def __enter__(self) -> Proxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        with self._lock:
            for sock in self._open:
                _close(sock)

    def reset(self) -> None:
        """Set all counts to zero."""
        self.connections = self.up = self.down = 0
        self.paths, self.requests, self.sizes = [], [], []

    def wait_for_paths(self, count: int, timeout: float) -> None:
        """Wait until `count` requests have been answered since the last reset."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.paths) >= count, timeout), self.paths

    def wait_for_quiet(self, path: str, timeout: float) -> None:
        """Wait until the last two requests were for paths that contain `path`: no others go on."""
        with self._news:
            seen = self._news.wait_for(
                lambda: len(self.paths) > 1 and all(path in one for one in self.paths[-2:]), timeout
            )
            assert seen, self.paths

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with self._lock:
                self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = None
        try:
            server = socket.create_connection(self.upstream)
            while True:
                request = read_message(client)
                if not request:
                    return
                path = request.split(b" ", 2)[1].decode()
                barred = self.barrier(path, request) if self.barrier else None
                if barred is not None:
                    client.sendall(barred)
                    self._count(path, request, barred)
                    continue
                server.sendall(request)
                answer = read_message(server)
                sent = self.rule(path, answer) if self.rule else answer
                if sent is None:
                    continue  # the client waits forever, or until its timeout
                client.sendall(sent)
                self._count(path, request, sent)
                if len(sent) != len(answer) or not answer:
                    return  # an answer that was cut or has another length ends the connection
        except OSError:
            pass  # either side has closed
        finally:
            _close(client)
            if server:
                _close(server)

    def _count(self, path: str, request: bytes, sent: bytes) -> None:
        with self._news:
            self.up += len(request)
            self.down += len(sent)
            self.paths.append(path)
            self.requests.append(request)
            self.sizes.append(len(request) + len(sent))
            self._news.notify_all()


def read_message(sock: socket.socket) -> bytes:
    """Return an HTTP message with its body by Content-Length; empty when the peer has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = sock.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def answer(status: str, content_type: str, body: bytes) -> bytes:
    """Return a complete HTTP answer."""
    head = "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return (head % (status, content_type, len(body))).encode() + body


def _close(sock: socket.socket) -> None:
    with suppress(OSError):  # it was never connected, or the peer closed first
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
