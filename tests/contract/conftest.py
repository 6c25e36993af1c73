"""What the contract tests share: things to be let go of when a test ends."""

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
    """Whatever it is told to call is called at the end of the test."""
    with ExitStack() as exits:
        yield exits


@pytest.fixture
def serve(stack: ExitStack) -> Callable[..., Server]:
    """`serve(*handlers, tls=None)` gives a server, which ends with the test."""

    def start(*handlers: Handler, tls=None) -> Server:
        server = Server(*handlers, tls=tls)
        stack.callback(server.close)
        return server

    return start


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    """A certificate authority of our own."""
    folder: Path = tmp_path_factory.mktemp("authority")
    return Authority(folder)


@pytest.fixture
def make_host(tmp_path, stack) -> Callable[..., Host]:
    """`make_host(**options)` gives an app host, which is unloaded at the end."""

    def make(**options: Any) -> Host:
        made = Host(str(tmp_path / "thing"), **options)
        os.makedirs(made.root, exist_ok=True)
        stack.callback(made.unload)
        return made

    return make


@pytest.fixture
def host(make_host) -> Host:
    """An app host."""
    made: Host = make_host()
    return made


@pytest.fixture
def connect(stack) -> Callable[..., Transport]:
    """`connect(server, **options)` gives a transport that speaks to it, in the clear."""

    def start(server: Server, **options: Any) -> Transport:
        transport = linux.by_sockets(**options)
        stack.callback(transport.close)
        transport.use(server.backend, False)
        return transport

    return start
