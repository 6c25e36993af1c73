"""The fakes keep the ports' contracts."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import textwrap
from typing import Any, Callable

import pytest

from domain.errors import AppError
from tests import contract
from tests.contract import (
    check_apphost,
    check_clock,
    check_cloud,
    check_console,
    check_crypto,
    check_indicator,
    check_link,
    check_link_probe,
    check_portal,
    check_storage,
    check_stream,
    check_system,
    check_transport,
    check_uart,
)
from tests.fakes.apphost import FakeAppHost
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeCloud
from tests.fakes.console import FakeConsole
from tests.fakes.crypto import FakeCrypto
from tests.fakes.indicator import FakeIndicator
from tests.fakes.link import FakeLink, FakeProbe
from tests.fakes.portal import FakePortal
from tests.fakes.storage import MemoryStorage
from tests.fakes.stream import FakeStream
from tests.fakes.system import FakeSystem
from tests.fakes.transport import FakeTransport
from tests.fakes.uart import FakeUart


def storage() -> MemoryStorage:
    made = MemoryStorage(capacity=200_000)
    made.mount()
    return made


def link(code: str) -> FakeLink:
    made = FakeLink()
    made.fault = code
    return made


def probe(there: bool) -> tuple[FakeProbe, FakeLink, Callable[[bool], None]]:
    made = link("" if there else "no_link")

    def change(there: bool) -> None:
        made.fault = "" if there else "no_link"

    return FakeProbe(made), made, change


def stream(*incoming: Any):
    made = FakeStream(*incoming)
    return made, "host", 80, lambda size: made.written


def transport(*answers: check_transport.Answer):
    made = FakeTransport(*answers)
    made.use("host", False)
    sent: list[bytes] = []
    inner = made.post

    def post(path: str, body: bytes, limit: int):
        sent.append(body)
        return inner(path, body, limit)

    made.post = post  # type: ignore[method-assign]
    return made, sent


class Task:
    """A task that does one of BEHAVIOURS; each load resets its count."""

    def __init__(self, host: FakeAppHost, behaviour: str) -> None:
        self.host = host
        self.behaviour = behaviour
        self.loads = 0
        self.count = -1

    def call(self, data: Any = None) -> Any:
        if self.loads != len(self.host.loads):
            self.loads, self.count = len(self.host.loads), -1
        self.count += 1
        faults = {"dies": "died", "hangs": "hung"}
        if self.behaviour in faults:
            raise AppError(faults[self.behaviour], "as told")
        source = "def call(self, data):\n    " + check_apphost.BEHAVIOURS[self.behaviour]
        names: dict[str, Any] = {}
        exec(textwrap.dedent(source), names)
        return names["call"](self, data)


def apphost(worker: str, management: str) -> FakeAppHost:
    made = FakeAppHost()
    made.bad_folders[check_apphost.BROKEN] = AppError("import", "as told")
    made.worker = Task(made, worker).call if worker else None
    made.management = Task(made, management).call if management else None
    return made


def uart(*incoming: bytes):
    made = FakeUart(*incoming)

    def unplug() -> None:
        made.fault = True

    return made, lambda size: made.written, unplug


def console(*lines: str) -> FakeConsole:
    made = FakeConsole()
    made.lines.extend(lines)
    return made


def portal(fault: bool) -> FakePortal:
    made = FakePortal(FakeClock(), offered=True)
    made.fault = "as told" if fault else ""
    return made


def cloud() -> FakeCloud:
    made = FakeCloud()
    made.wanted_salt = "0123456789abcdef"
    made.use("host", False)
    made.apps[check_cloud.VERSION] = check_cloud.APP
    made.messages.append(("mid-1", "APP", check_cloud.MESSAGE))
    return made


PAIRS: tuple[tuple[Callable[..., None], Callable[..., Any]], ...] = (
    (check_apphost.check_apphost, apphost),
    (check_clock.check_clock, FakeClock),
    (check_cloud.check_cloud, cloud),
    (check_console.check_console, console),
    (check_crypto.check_crypto, FakeCrypto),
    (check_indicator.check_indicator, FakeIndicator),
    (check_link.check_link, link),
    (check_link_probe.check_link_probe, probe),
    (check_portal.check_portal, portal),
    (check_storage.check_storage, storage),
    (check_storage.check_full_storage, lambda: (storage(), 300_000)),
    (check_stream.check_stream, stream),
    (check_system.check_system, FakeSystem),
    (check_transport.check_transport, transport),
    (check_uart.check_uart, uart),
)


@pytest.mark.parametrize(("check", "make"), PAIRS, ids=lambda item: item.__name__)
def test_keeps_the_contract(check: Callable[..., None], make: Callable[..., Any]) -> None:
    check(make)


def test_every_suite_is_run() -> None:
    """Every check is in its module's `CHECKS`, and every suite of this folder runs here."""
    run = {check for check, _ in PAIRS}
    names = [name for _, name, _ in pkgutil.iter_modules(contract.__path__)]
    modules = [name for name in names if name.startswith("check_")]
    assert len(modules) >= 14
    for name in modules:
        module = importlib.import_module(f"{contract.__name__}.{name}")
        functions = {
            function
            for function in vars(module).values()
            if inspect.isfunction(function)
            and function.__module__ == module.__name__
            and list(inspect.signature(function).parameters) == ["make"]
            and inspect.signature(function).return_annotation == "None"
        }
        assert functions - run == set(getattr(module, "CHECKS", ())), name
        assert functions & run, name
