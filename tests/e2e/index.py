"""A package index of tiny wheels on loopback, with the simple repository API (PEP 503)."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def normalized(name: str) -> str:
    """Return a package name as PEP 503 normalizes it."""
    return re.sub("[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class Package:
    """A release of a package that contains only its metadata."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of its wheel."""
        return "%s-%s-py3-none-any.whl" % (self.name.replace("-", "_"), self.version)

    @property
    def wheel(self) -> bytes:
        """The bytes of its wheel."""
        info = "%s-%s.dist-info" % (self.name.replace("-", "_"), self.version)
        lines = ["Metadata-Version: 2.1", "Name: " + self.name, "Version: " + self.version]
        lines += ["Provides-Extra: " + extra for extra in self.extras]
        lines += ["Requires-Dist: " + text for text in self.requires]
        files = {
            f"{info}/METADATA": "\n".join([*lines, ""]),
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for name, text in files.items():
                # `ZipInfo` has a constant date; the current one would change the hash.
                archive.writestr(zipfile.ZipInfo(name), text)
        return data.getvalue()

    @property
    def digest(self) -> str:
        """The SHA-256 of its wheel in hex, as in a lock."""
        return hashlib.sha256(self.wheel).hexdigest()


@dataclass
class Index:
    """The index, served during a `with`; it lists the files of `lost` packages but lacks them."""

    packages: list[Package] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Index:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, data = index.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its URL for pip."""
        return "http://127.0.0.1:%d/simple/" % self._server.server_port

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return the status, the type and the content for a path."""
        self.asked.append(path)
        where, _, name = path.strip("/").partition("/")
        found = [one for one in self.packages if name in (normalized(one.name), one.file)]
        if where == "simple" and found:
            link = '<a href="/files/%s#sha256=%s">%s</a>'
            links = [link % (one.file, one.digest, one.file) for one in found]
            return 200, "text/html", "\n".join(["<!DOCTYPE html>", *links]).encode()
        if where == "files" and found and found[0].name not in self.lost:
            return 200, "application/zip", found[0].wheel
        return 404, "text/plain", b"not here"
