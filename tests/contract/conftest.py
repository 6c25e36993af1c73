"""Fixtures of the contract tests, released at the end of each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

import pytest

from app.boards import linux
from ports.transport import Transport
from tests.contract.hosts import Host
from tests.contract.servers import Authority, Handler, Server


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Yield an exit stack that is closed at the end of the test."""
    with ExitStack() as exits:
        yield exits


@pytest.fixture
def serve(stack: ExitStack) -> Callable[..., Server]:
    """Return `serve(*handlers, tls=None)`, which starts a server that ends with the test."""

    def start(*handlers: Handler, tls=None) -> Server:
        server = Server(*handlers, tls=tls)
        stack.callback(server.close)
        return server

    return start


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    """Return a certificate authority for the tests of this run."""
    folder: Path = tmp_path_factory.mktemp("authority")
    return Authority(folder)


@pytest.fixture
def make_host(tmp_path, stack) -> Callable[..., Host]:
    """Return `make_host(**options)`, which makes an app host that is unloaded at the end."""

    def make(**options: Any) -> Host:
        made = Host(str(tmp_path / "thing"), **options)
        os.makedirs(made.root, exist_ok=True)
        stack.callback(made.unload)
        return made

    return make


@pytest.fixture
def host(make_host) -> Host:
    """Return an app host with the default options."""
    made: Host = make_host()
    return made


@pytest.fixture
def connect(stack) -> Callable[..., Transport]:
    """Return `connect(server, **options)`, which makes a transport to the server, without TLS."""

    def start(server: Server, **options: Any) -> Transport:
        transport = linux.by_sockets(**options)
        stack.callback(transport.close)
        transport.use(server.backend, False)
        return transport

    return start
