"""The boards' compositions, from power on to readings in a local cloud and a stop by hand."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo import apps
from domain.lifecycle import STATES
from tests.fakes.system import FakeSystem
from tests.fakes.thing import make_thing
from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running
from tests.unit.micropython.simulated import Simulated
from tests.unit.micropython.sockets import Socket, new_ssl, old_ssl
from tests.unit.micropython.stand_ins import fresh, install

# The modules of a board's composition that import stand-ins, in the order of import.
MODULES = {
    "esp32": "micropython.tls micropython.wifi micropython.led micropython.mac esp32.hardware",
    "esp8266": "esp8266.tls micropython.wifi micropython.led micropython.mac esp8266.hardware",
    "micropython": "micropython.tls",
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running(tmp_path_factory.mktemp("cloud")) as it:
        yield it


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import the code that all boards share, which needs MicroPython's own modules."""
    install(monkeypatch)
    return importlib.import_module("app.runtime.micropython_main")


@pytest.fixture
def flash(cloud: Any, tmp_path: Path) -> Path:
    """Return the folder of a new Thing's files; an App waits for it in the cloud."""
    aid = cloud.admin.create_app("Boards")
    cloud.admin.commit(aid, apps.good("one"))
    settings = {"management_interval": "1", "worker_interval": "1", "ssl": False}
    cloud.admin.set_pool(aid, "development", {**settings, "payload_encryption": True})
    folder = tmp_path / "flash"
    folder.mkdir()
    files = {
        "aid": aid,
        "tid": "board-" + aid[:20],
        "backend": cloud.ready.url,
        "cloud_key": str(cloud.ready.modulus),
        "wifi": "simulated\nsimulated-password\n",
        "board.json": '{"led": 2}',
        "loglevel": "debug",
        "setup_timeout": "0",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(params=["esp32", "esp8266", "micropython"])
def board(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Simulated, Any]]:
    """Yield the simulated hardware, and the module with the composition."""
    name: str = request.param
    install(monkeypatch)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setitem(sys.modules, "ssl", old_ssl() if name == "esp8266" else new_ssl())
    made = Simulated(name, tmp_path)
    made.install(monkeypatch)
    console = open(os.devnull)  # noqa: SIM115 - nobody types
    monkeypatch.setattr(sys, "stdin", console)
    shared = [] if name == "micropython" else ["app.boards.esp", "app.boards.wifi"]
    modules = ["adapters." + module for module in MODULES[name].split()]
    composition = fresh(monkeypatch, *modules, *shared, "app.boards." + name)
    sockets = made.load("socket") if "socket" in made.kind.modules else None
    if sockets is None:
        sockets = types.SimpleNamespace(**vars(made.load("usocket")))
    monkeypatch.setattr("adapters.micropython.stream.socket", sockets)
    assert sockets.socket is Socket
    yield made, composition
    made.close()
    console.close()


def test_a_life(
    board: Any, device: Any, cloud: Any, flash: Path, monkeypatch: Any, capsys: Any
) -> None:
    """Each composition registers, gets its first app, encrypts, delivers, and ends."""
    hardware, composition = board
    thing = composition.compose(str(flash), "v1.0.0")
    tid = (flash / "tid").read_text()
    until = time.monotonic() + PATIENCE_S
    sleep = time.sleep_ms  # type: ignore[attr-defined]

    def sleep_ms(ms: int) -> None:
        things = [thing for thing in cloud.admin.things() if thing["tid"] == tid]
        delivered = things and cloud.admin.readings(tid, 10)
        if delivered or time.monotonic() > until:
            raise KeyboardInterrupt  # the user presses Ctrl-C
        sleep(min(ms, 50))

    monkeypatch.setattr(time, "sleep_ms", sleep_ms)
    device.live(thing)
    thing.cloud.forget()  # a board's sockets end with its power
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [event["event"] for event in told]
    assert names[-1] == "stopped"
    assert "fault" not in names
    assert [event["app"] for event in told if event["event"] == "confirmed"]
    assert [event["encrypted"] for event in told if event["event"] == "session"][-1] is True
    readings = [row["msg"] for row in cloud.admin.readings(tid, 10)]
    assert [row["count"] for row in readings] == list(range(1, len(readings) + 1))
    assert cloud.admin.thing(tid)["pythings_version"] == "v1.0.0"
    if hardware.kind.name != "micropython":
        assert hardware.hardware.ask("pin_get", [2]) == 1
    # The stop was noted; it is no faulty start.
    again = composition.compose(str(flash), "v1.0.0")
    assert again.system.reset_cause() in ("stopped", "power_on")


def test_who_verifies_no_certificate_says_so(board: Any, flash: Path, capsys: Any) -> None:
    hardware, composition = board
    composition.compose(str(flash), "v1.0.0")
    warned = "verifies no certificate" in capsys.readouterr().out
    assert warned is (hardware.kind.name == "esp8266")


def test_an_esp32_with_old_firmware_says_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    install(monkeypatch)
    made = Simulated("esp32", tmp_path)
    made.install(monkeypatch)
    monkeypatch.setitem(sys.modules, "ssl", None)
    monkeypatch.setitem(sys.modules, "ussl", old_ssl())
    modules = ["adapters." + module for module in MODULES["esp32"].split()]
    fresh(monkeypatch, *modules, "app.boards.esp", "app.boards.esp32").compose(str(tmp_path), "v1")
    assert "verifies no certificate" in capsys.readouterr().out
    made.close()


def test_each_state_has_its_use_case_and_no_more_code(device: Any) -> None:
    thing = make_thing()
    for state in STATES:
        sys.modules["pt_late"] = types.ModuleType("pt_late")
        case = device.enter(state, thing)
        assert type(case).__name__.lower() == state
        assert "pt_late" not in sys.modules


def test_where_an_error_came_from(device: Any) -> None:
    try:
        int("x")
    except ValueError as error:
        assert "ValueError: invalid literal" in device.explain(error)


class Crashing(FakeSystem):
    crashes = 0

    def crash(self) -> None:
        self.crashes += 1


def test_no_memory_left_to_tell_of_an_error_is_a_crash_not_a_dead_thing(device: Any) -> None:
    system = Crashing()
    thing = make_thing(system=system)

    def full(*_: Any) -> None:
        raise MemoryError

    thing.console.event = full  # type: ignore[method-assign, assignment]
    device.live(thing)
    assert (system.crashes, system.stops) == (1, 0)


def test_a_stop_before_the_storage_is_read_writes_nothing(device: Any) -> None:
    thing = make_thing(system=Crashing())
    thing.starting = True

    def press(_ms: int) -> None:
        raise KeyboardInterrupt

    thing.storage.mountable = False
    thing.clock.on_sleep = press
    thing.cloud.on_call = lambda _name: press(0)
    writes = thing.storage.writes
    device.live(thing)
    assert thing.system.stops == 1
    assert thing.storage.writes == writes


@pytest.mark.parametrize("name", ["esp32", "esp32_sim800"])
@pytest.mark.parametrize("verifies", [True, False])
def test_a_firmware_whose_tls_verifies_nothing_is_known(
    name: str, verifies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands over such a link are refused: docs/security.md 11."""
    install(monkeypatch)
    monkeypatch.setitem(sys.modules, "ssl", new_ssl() if verifies else old_ssl())
    made = Simulated("esp32", tmp_path)
    made.install(monkeypatch)
    modules = ["adapters." + module for module in MODULES["esp32"].split()]
    module = fresh(monkeypatch, *modules, "app.boards.esp", "app.boards." + name)
    (tmp_path / "root").mkdir()
    try:
        thing = module.compose(str(tmp_path / "root"), "v1.0.0")
        assert thing.unverified is not verifies
    finally:
        made.close()
