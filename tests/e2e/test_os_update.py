"""OS updates over the air: good releases, and releases that must be refused or taken back."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app.demo.processes import NotSeen
from app.demo.releases import CRASHES, HANGS, Releases, files_of, tamper
from app.simulator.boards import kind_of
from app.simulator.firmware import versions
from app.simulator.image import FilesystemImage
from build.firmware import romfs
from domain.checksum import checksum
from tests.e2e.conftest import TID, World
from tests.e2e.proxy import Proxy

MICROPYTHON = importlib.util.find_spec("micropython_unix") is not None
SIMULATED = pytest.mark.skipif(not MICROPYTHON, reason="MicroPython's unix port is missing")


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Return keys, and a folder for releases."""
    return Releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(params=["linux", pytest.param("esp32", marks=SIMULATED)])
def updating(request: pytest.FixtureRequest, releases: Releases) -> Iterator[World]:
    """Yield a Thing that trusts our keys, and a cloud that serves our releases. The board has the
    oldest firmware, with the fewest ways back from an OS that does not start."""
    world = World()
    world.board = request.param
    if world.board == "esp32":
        world.firmware = versions("esp32")[0]
    world.environment["PYTHINGS_TRIAL_S"] = "4"
    with world:
        world.open("--dist", str(releases.dist))
        yield world.running("--trust", str(releases.trust))


def want(world: World, version: str) -> int:
    """Ask for an OS version; return `since` of before."""
    since = world.since()
    world.set(pythings_version=version)
    return since


def runs(world: World, version: str, since: int, readings: bool = True) -> None:
    """Wait until the Thing runs that version, has confirmed it, and the cloud shows it."""
    world.thing_tells("version %s" % version, since, event="boot", os=version)
    world.thing_tells("confirmed", since, event="confirmed")
    world.cloud_shows(
        "version %s" % version,
        lambda admin: admin.thing(TID)["pythings_version"] == version,
    )
    if readings:
        world.more_readings(1)


def test_a_release_is_installed_and_confirmed(updating: World, releases: Releases):
    world = updating
    releases.make(world.board, "3.0.0")
    runs(world, "3.0.0", want(world, "3.0.0"))
    releases.make(world.board, "3.0.1")
    since = want(world, "3.0.1")
    runs(world, "3.0.1", since)
    fetched = [event["file"] for event in world.thing.events[since:] if event["event"] == "fetched"]
    assert fetched == []  # it differs by its version only
    assert world.thing.stop() == 0


def test_a_release_that_crashes_at_the_start_is_taken_back(updating: World, releases: Releases):
    world = updating
    releases.make(world.board, "3.1.0", CRASHES)
    since = want(world, "3.1.0")
    world.thing_tells("the commit", since, event="committed", kind="os")
    world.thing_tells("the old one", since + 1, event="state", new="run")
    assert "this release is broken" in world.status("pythings", "os 3.1.0 taken back")
    world.more_readings(2)
    boots = [event for event in world.thing.events[since:] if event["event"] == "boot"]
    assert {boot["os"] for boot in boots} == {app.__version__}
    told = world.thing.events[since:]
    commits = [it for it in told if it["event"] == "committed" and it["kind"] == "os"]
    assert len(commits) == 1  # and was not tried again
    releases.make(world.board, "3.1.1")
    runs(world, "3.1.1", want(world, "3.1.1"))


def test_a_release_that_hangs_at_the_start_is_taken_back(updating: World, releases: Releases):
    world = updating
    releases.make(world.board, "3.2.0", HANGS)
    since = want(world, "3.2.0")
    world.thing_tells("the commit", since, event="committed", kind="os")
    if world.board != "linux":
        until_bitten(world, since)
    world.thing_tells("the old one", since + 1, event="boot")
    world.status("pythings", "os 3.2.0 taken back", "did not reach the cloud")
    world.more_readings(1)


HANGS_IN = """\
import threading as _threading, time as _time
from adapters.linux.system import LinuxSystem as _System
import domain.states.%s as _module
def _feeds():
    while True:
        for system in _systems:
            _feed(system)
        _time.sleep(0.1)
_systems, _feed, _watchdog = [], _System.feed, _System.watchdog
_System.watchdog = lambda self, ms: (_systems.append(self), _watchdog(self, 4000000))
_threading.Thread(target=_feeds, daemon=True).start()
def _hangs(self):
    print("hangs", flush=True)
    while True:
        _time.sleep(1)
_module.%s = _hangs
"""


@pytest.mark.parametrize(
    ("module", "place"),
    [("boot", "Boot.act"), ("register", "Register.act"), ("run", "Run.act")],
    ids=["before", "in", "after registering"],
)
def test_a_release_that_hangs_fed_by_a_thread_is_taken_back(
    releases: Releases, module: str, place: str
):
    world = World()
    world.environment["PYTHINGS_PROVEN_S"] = "5"
    with world:
        world.open("--dist", str(releases.dist)).running("--trust", str(releases.trust))
        version = {"boot": "3.2.1", "register": "3.2.2", "run": "3.2.3"}[module]
        releases.make(world.board, version, HANGS_IN % (module, place))
        since = want(world, version)
        world.thing_tells("the commit", since, event="committed", kind="os")
        world.status("pythings", "os %s taken back" % version, "reach the cloud within 5 s")
        world.more_readings(1)


# The main.py of boards before the OS got a folder of its own.
MAIN_OF_OLD = b"""\
try:
    __import__("loader").enter("")
    import start
    start.live(start.thing)
    __import__("loader").stay()
except BaseException as error:
    __import__("loader").leave("", error)
"""


@SIMULATED
def test_a_board_with_the_layout_of_old_is_updated_and_goes_back(releases: Releases):
    world = World()
    world.board, world.firmware = "esp32", versions("esp32")[0]
    with world:
        world.open("--dist", str(releases.dist)).running("--trust", str(releases.trust))
        assert world.thing.stop() == 0
        image = FilesystemImage(world.root / "flash.img", kind_of("esp32").blocks)
        modules = {name: data for name, data in image.files().items() if name[:3] == "os/"}
        old = {name[3:]: data for name, data in modules.items()}
        image.put({**old, "main.py": MAIN_OF_OLD}, remove=frozenset(modules))
        world.start()
        releases.make("esp32", "3.5.0", CRASHES)
        since = want(world, "3.5.0")
        world.thing_tells("the commit", since, event="committed", kind="os")
        world.status("pythings", "os 3.5.0 taken back")
        releases.make("esp32", "3.5.1")
        since = want(world, "3.5.1")
        runs(world, "3.5.1", since)
        told = [event for event in world.thing.events[since:] if event["event"] == "fetched"]
        assert told == []  # the factory's modules were found, and copied
        assert world.thing.stop() == 0
        files = image.files()
    assert {name[5:] for name in files if name[:5] == "os.a/"} >= {"pt.mpy", "start.mpy"}
    assert "pt.mpy" in files and not [name for name in files if name[:3] == "os/"]


def until_bitten(world: World, since: int) -> None:
    """Shorten the watchdog that the loader has started from two minutes to 500 ms."""
    for _ in range(40):
        with open(world.root / "control", "w") as control:
            control.write("watchdog 500\n")
        try:
            world.thing.wait_for("a bite", lambda e: e.get("cause") == "watchdog", 1, since)
            return
        except NotSeen:
            continue
    raise AssertionError("no watchdog")


def test_a_tampered_release_is_refused(updating: World, releases: Releases):
    world = updating
    tamper(releases.make(world.board, "3.3.0", "x = 1\n"))
    want(world, "3.3.0")
    world.status("pythings", "os 3.3.0 not installed", "(security T9)")
    world.more_readings(1)


def test_a_release_of_somebody_else_is_refused(updating: World, releases: Releases, tmp_path: Path):
    world = updating
    theirs = Releases(tmp_path).make(world.board, "3.4.0")
    shutil.copytree(theirs, releases.dist / theirs.relative_to(tmp_path / "dist"))
    want(world, "3.4.0")
    world.status("pythings", "os 3.4.0 not installed", "(security T2)")
    world.more_readings(1)


# where the OS is executed in place


@pytest.fixture
def small(releases: Releases) -> Iterator[World]:
    """Yield the same with an ESP8266 and its 38 KiB of heap."""
    world = World()
    world.board = "esp8266"
    with world:
        world.open("--dist", str(releases.dist))
        yield world.running("--trust", str(releases.trust))


def slots(world: World) -> dict[str, str]:
    """Return the version in the flash for each sealed slot; assert that slots hold no more."""
    files = FilesystemImage(world.root / "flash.img", kind_of("esp8266").blocks).files()
    flash = (world.root / "rom.img").read_bytes()
    found = {}
    for path, data in files.items():
        if path[:3] == "os.":
            assert path[4:] == "/sealed"
            start, size = map(int, data.split()[:2])
            image = flash[start : start + size]
            assert checksum(image).encode() == data.split()[2]
            found[path[3]] = romfs.read(image)["version.py"].decode().split("'")[1]
    return found


@SIMULATED
def test_an_esp8266_updates_itself_time_and_again(small: World, releases: Releases):
    for version in ("4.0.0", "4.0.1", "4.0.2"):
        releases.make(small.board, version)
        runs(small, version, want(small, version))
    # Unchanged modules are taken from the running OS in the flash.
    fetched = [event for event in small.thing.events if event["event"] == "fetched"]
    assert {event["version"] for event in fetched} == {small.version}  # files of the app only
    assert small.thing.stop() == 0
    assert slots(small) == {"a": "4.0.2", "b": "4.0.1"}


@SIMULATED
def test_an_esp8266_takes_back_what_crashes_and_what_hangs(small: World, releases: Releases):
    for version, begins in (("4.1.0", CRASHES), ("4.1.1", HANGS)):
        releases.make(small.board, version, begins)
        small.control("timers 8000")  # the loader's timer, which would take two minutes
        since = want(small, version)
        small.thing_tells("the commit", since, event="committed", kind="os")
        small.thing_tells("the old one", since + 1, event="state", new="run")
        small.status("pythings", "os %s taken back" % version)
        small.more_readings(1)
    boots = [event["os"] for event in small.thing.events if event["event"] == "boot"]
    assert set(boots) == {app.__version__}


# the traffic

ONE_MODULE = 9200  # bytes, both ways, on a board; the predecessor: 60,862, in 27 connections
ONE_MODULE_LINUX = 16000  # its manifest has a line for each of some 90 modules
ALL_PATCHED = 36_517  # each module has changed: 60 % of the predecessor's
# And none can be patched. Of it, 20 kB are 50 requests, 5 kB signed commands and mode 2, 2 kB the
# portal in turns, the attribution of faults, and two Things of one id.
ALL_WHOLE = 126_000
CONNECTIONS = 6


def closing(_path: str, answer: bytes) -> bytes:
    """Answer like the recorded server: one answer per connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\nConnection: close\r\n\r\n" + body


@pytest.mark.parametrize("board", ["linux", pytest.param("esp32", marks=SIMULATED)])
def test_one_changed_module_costs_little(board: str, releases: Releases):
    world = World()
    world.board = board
    with world:
        world.open("--dist", str(releases.dist))
        world.set(worker_interval="600", management_interval="3")
        with Proxy(world.port) as proxy:
            backend = "http://127.0.0.1:%d" % proxy.port
            world.start("--trust", str(releases.trust), backend=backend)
            world.confirmed(world.version)
            world.thing_tells("delivered", event="delivered", waiting=0)
            releases.make(board, "3.5.0")
            since = want(world, "3.5.0")
            runs(world, "3.5.0", since, readings=False)
            world.thing_tells("delivered", since, event="delivered", waiting=0)
            releases.change(board, "3.5.1")
            proxy.rule = closing
            proxy.wait_for_quiet("/apps/management", 20)
            proxy.reset()
            runs(world, "3.5.1", want(world, "3.5.1"), readings=False)
            proxy.wait_for_paths(CONNECTIONS, 20)
            # As the server closes, each of these is a connection.
            cost = sum(proxy.sizes[:CONNECTIONS])
            paths = [path.split("/")[3:5] for path in proxy.paths[:CONNECTIONS]]
    print("%s: %d bytes in %d connections" % (board, cost, len(paths)))
    fetch, manage = ["pythings", "get"], ["apps", "management"]
    report = ["things", "report"]
    assert paths == [manage, fetch, fetch, ["things", "register"], manage, report]
    assert cost <= (ONE_MODULE if board != "linux" else ONE_MODULE_LINUX)


@SIMULATED
def test_all_modules_changed_cost_less_than_the_predecessor(releases: Releases):
    world = World()
    world.board = "esp32"
    modules = [name[:-4] for name in files_of(world.board) if name[-4:] == ".mpy"]
    with world:
        world.open("--dist", str(releases.dist))
        world.set(worker_interval="600", management_interval="3")
        with Proxy(world.port) as proxy:
            world.start("--trust", str(releases.trust), backend="http://127.0.0.1:%d" % proxy.port)
            world.confirmed(world.version)
            releases.make(world.board, "3.6.0")
            runs(world, "3.6.0", want(world, "3.6.0"), readings=False)
            for version, patched, most in (("3.6.1", 1, ALL_PATCHED), ("3.6.2", 0, ALL_WHOLE)):
                releases.patched = patched
                releases.change(world.board, version, *modules)
                proxy.reset()
                since = want(world, version)
                runs(world, version, since, readings=False)
                cost = proxy.up + proxy.down
                print("%d bytes for all of the OS with %d patches" % (cost, patched))
                assert cost < most
                events = world.thing.events[since:]
                fetched = [event["file"] for event in events if event["event"] == "fetched"]
                assert len(fetched) == (1 if patched else len(modules))
            releases.patched = 2


def modules_of(releases: Releases, version: str) -> dict[str, bytes]:
    """Return the compiled modules of a board's release by name."""
    found = releases.dist.glob("PythingsOS/%s/*/*.mpy" % version)
    return {path.name: path.read_bytes() for path in found}


@SIMULATED
def test_a_patch_that_is_tampered_with_costs_its_bytes(releases: Releases):
    world = World()
    world.board = "esp32"
    with world:
        world.open("--dist", str(releases.dist))
        world.running("--trust", str(releases.trust))
        releases.make(world.board, "3.7.0")
        runs(world, "3.7.0", want(world, "3.7.0"))
        releases.change(world.board, "3.7.1")
        (patch,) = releases.dist.glob("PythingsOS/3.7.1/*/patch.3.7.0")
        patch.write_text(patch.read_text()[::-1])
        since = want(world, "3.7.1")
        runs(world, "3.7.1", since)
        events = world.thing.events[since:]
        before, after = (modules_of(releases, version) for version in ("3.7.0", "3.7.1"))
        changed = [name for name in after if after[name] != before[name]]
        assert len(changed) == 1
        assert [one["file"] for one in events if one["event"] == "fetched"] == changed
