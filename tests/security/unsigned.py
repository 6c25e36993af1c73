"""A signed app, and the Thing it is offered to."""

from __future__ import annotations

from typing import Any

from build.release.appsign import manifest
from domain.app.app import App
from domain.app.signed_app import NAME
from domain.health.journal import Journal
from domain.health.slots import PROVEN, Slot
from domain.settings.parameters import Parameters
from domain.settings.settings import Settings
from domain.states.register import Register
from domain.states.update import Update
from tests.fakes.signers import key_list, signer
from tests.fakes.thing import make_thing
from tests.security.forging import Watched

SENSORS = b"try:\n    import sensors\nexcept ImportError:\n    pass\n\n"
SOURCES = {
    "worker_task.py": b"class WorkerTask:\n    def call(self):\n        return 'caf\xc3\xa9'\n",
    "management_task.py": b"class ManagementTask:\n    def call(self, data):\n        return 1",
    "helper.py": b"",
}
TRUST = key_list(app=("app",))


def app(sources=SOURCES, aid="app-1", number=7, keys=1, by=("app",)):
    """Return the files that a developer commits: the sources and their manifest."""
    signers = [signer(name) for name in by]
    return {**sources, NAME: manifest(aid, number, keys, sources, signers)}


def served(files, version="2"):
    """Return the files as the cloud serves them: PROTOCOL of the existing server."""
    return {name: wrapped(name, data, version) for name, data in files.items()}


def wrapped(name, data, version="2"):
    head = b"import logger\n" + (SENSORS if "worker" in name else b"")
    return head + data + b"\nversion='%s'" % version.encode()


class Latin:
    """A text for the fake cloud, of bytes that may not be UTF-8."""

    def __init__(self, data):
        self.data = data

    def encode(self):
        return self.data


def offer(files, version="2", trust=TRUST, number=0, script=None, **parameters):
    """Offer files to a Thing that takes signed apps only; return the event and the Thing."""
    storage = Watched({"trust": trust, "app.a/worker_task.py": b"old"})
    thing = make_thing(storage=storage)
    thing.journal = Journal(app=Slot("a", "1", "", PROVEN), number_app=number)
    thing.save_journal()
    thing.app = App(thing)
    offered: dict[str, Any] = {name: Latin(data) for name, data in files.items()}
    thing.cloud.apps[version] = offered
    thing.parameters = Parameters(**{"aid": "app-1", "tid": "t", "apps": "signed", **parameters})
    Register(thing).act()
    thing.wanted = Settings(app_version=version)
    if script:
        thing.cloud.script("app_file", script)
    return Update(thing).act(), thing


def slot(thing):
    found = {n[6:]: data for n, data in thing.storage.files.items() if n.startswith("app.b/")}
    found.pop(".sum", None)
    return found


def why(thing):
    return thing.console.named("update_failed")[-1]["text"]


GENUINE = served(app())


def refused(files, version="2", **more):
    event, thing = offer(files, version, **more)
    assert event == "rejected", files
    assert thing.journal.app.version == "1"
    assert not slot(thing)
    return why(thing)
