"""What the contract tests share: things to be let go of when a test ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Callable

import pytest

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
