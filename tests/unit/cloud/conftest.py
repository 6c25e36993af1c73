"""A running local cloud, an app on it, a Thing of that app."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.cli.cloud import main
from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure
from app.cloud.server import CloudServer, Ready, ServerOptions
from tests import postgres
from tests.patience import PATIENCE_S
from tests.unit.cloud import crews
from tests.unit.cloud.wire import Thing, Wire


@contextlib.contextmanager
def running(data: Path, port: int = 0, **options) -> Iterator[SimpleNamespace]:
    """Run a cloud in a thread: its `ready` information, a `wire`, an `admin` client."""
    server = CloudServer(ServerOptions(data=data, port=port, **options))
    news: queue.Queue[Ready | CloudFailure] = queue.Queue()

    def run():
        try:
            server.run(news.put)
        except CloudFailure as error:
            news.put(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready = news.get(timeout=PATIENCE_S)
    if isinstance(ready, CloudFailure):
        thread.join()
        raise ready
    admin = AdminClient.from_data(data)
    try:
        yield SimpleNamespace(ready=ready, wire=Wire(ready.url), admin=admin, data=data)
    finally:
        admin.close()
        server.stop()
        thread.join(PATIENCE_S)
        if thread.is_alive():
            faulthandler.dump_traceback()
        assert not thread.is_alive()


def make_dist(root: Path) -> None:
    """Write two OS releases, one of them broken, and a file that must not be served."""
    tree = root / "PythingsOS" / "v9" / "Python"
    (tree / "lib").mkdir(parents=True)
    (tree / "api.py").write_bytes(b"a = 1\r\nb = 2\n")
    (tree / "version.py").write_bytes(b"version = 'v9'\n")
    (tree / "empty.py").write_bytes(b"")
    (tree / "lib" / "deep.py").write_bytes(b"deep = True\n")
    (tree / "code.mpy").write_bytes(b"M\x06\xff\xfe")
    (tree / "out.py").symlink_to("../../../secret")
    (tree / "loop.py").symlink_to("loop.py")
    (tree / "files.txt").write_text(
        "file:13:api.py\n# a comment\nfile:15:version.py\nfile:0:empty.py\n"
        "file:12:lib/deep.py\nfile:1:2:3\ndir:0:lib\n"
    )
    no_version = root / "PythingsOS" / "v8" / "Python"
    no_version.mkdir(parents=True)
    (no_version / "files.txt").write_text("file:13:api.py\n")
    (root / "secret").write_text("secret\n")


@pytest.fixture(scope="session")
def postgresql():
    """Yield a PostgreSQL server; without one, the tests that need it are skipped."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def postgresql_of_its_own():
    """Yield a PostgreSQL server that the test may stop."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def crew(postgresql, tmp_path):
    """Yield a cloud of two processes on a database of its own."""
    with crews.started(tmp_path, postgresql.database()) as it:
        yield it


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def cloud(request, tmp_path_factory):
    """Yield one cloud for all tests, on each database; each test makes its own app or Thing."""
    dist = tmp_path_factory.mktemp("dist")
    make_dist(dist)
    options = {"rate": 0}  # all tests have one address: a stranger's share is not enough
    if request.param == "postgresql":
        options["database"] = request.getfixturevalue("postgresql").database()
    with running(tmp_path_factory.mktemp("cloud"), dist=dist, **options) as it:
        yield it


@pytest.fixture
def wire(cloud):
    return cloud.wire


@pytest.fixture
def admin(cloud):
    return cloud.admin


@pytest.fixture
def aid(admin):
    return admin.create_app("Test")


@pytest.fixture
def thing(wire, aid):
    """Return a registered Thing that has not yet called management."""
    it = Thing(wire, aid)
    assert it.register().status == 200
    return it


@pytest.fixture
def sealed(cloud, wire, aid):
    """Return a registered Thing with an encrypted session."""
    it = Thing(wire, aid)
    assert it.preregister(cloud.ready.modulus).status == 200
    assert it.register().status == 200
    return it


@pytest.fixture
def run(cloud, capsys, monkeypatch):
    """Run a subcommand against the running cloud; return its status and output, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        status = main([*map(str, arguments), "--data", str(cloud.data)])
        captured = capsys.readouterr()
        return status, captured.out.rstrip("\n"), captured.err.strip()

    return run


@pytest.fixture
def result(run):
    """Run a subcommand with --json; return the value it prints."""

    def result(*arguments):
        status, out, err = run(*arguments, "--json")
        assert status == 0, err  # stderr may also have lines of the cloud, a thread of this process
        return json.loads(out)

    return result


@pytest.fixture
def things(wire, aid):
    """Return Things of an app: one fine, one that fails, one to register again, one with an id of
    the usual length."""
    made = [Thing(wire, aid, f"{name}-{aid[:8]}") for name in ("fine", "fails", "ended")] + [
        Thing(wire, aid, aid)
    ]
    for it in made:
        assert it.register(platform="esp8266_sim800", app_version="1700000000").status == 200
        it.report("OK", "worker")
    made[1].report("KO", "worker", "ZeroDivisionError: " + "é\x1b[31m漢字" * 30)
    return made
