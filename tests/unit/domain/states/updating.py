"""A Thing of fakes in the state `update`."""

from __future__ import annotations

from domain.app.app import App
from domain.health.journal import Journal
from domain.health.slots import PROVEN, Slot
from domain.states.register import Register
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing

OLD = {"app.a/worker_task.py": b"old worker", "app.a/management_task.py": b"old management"}
NEW = {"worker_task.py": "new worker é " * 20, "management_task.py": "new management"}


def updating(wanted, storage=None, journal=None):
    thing = make_thing(storage=storage or MemoryStorage(OLD))
    thing.journal = journal or Journal(app=Slot("a", "1", "", PROVEN))
    thing.save_journal()
    thing.app = App(thing)
    thing.cloud.apps["2"] = dict(NEW)
    Register(thing).act()
    thing.wanted = wanted
    return thing
