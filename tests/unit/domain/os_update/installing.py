"""A Thing of fakes that is offered an OS release."""

from __future__ import annotations

import attrs

from domain.app.app import App
from domain.health.journal import Journal
from domain.settings.settings import Settings
from domain.settings.update_policy import os_wanted
from domain.states.register import Register
from domain.states.update import Update
from tests.fakes.signers import FILES, key_list, manifest
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing

WANTED = Settings(pythings_version="2.1.0")


def folder_of(files=FILES, **overrides):
    """Return the files of a release in the cloud, by name."""
    found = {file.name: file.wire for file in files}
    found["release.txt"] = manifest(**{"files": files, **overrides})
    return found


def updating(storage=None, journal=None, wanted=WANTED, **overrides):
    thing = make_thing(storage=storage or MemoryStorage({"trust": key_list()}))
    thing.journal = journal or Journal()
    thing.save_journal()
    thing.app = App(thing)
    thing.cloud.releases["2.1.0"] = folder_of(**overrides)
    Register(thing).act()
    thing.wanted = wanted
    return thing


def rejected(thing, *mentions):
    """Assert that the update is rejected, and return the reason that the Thing reports."""
    before = attrs.evolve(thing.journal)
    assert Update(thing).act() == "rejected"
    assert thing.journal.os == before.os
    text = thing.console.named("update_failed")[-1]["text"]
    assert all(mention in text for mention in ("os 2.1.0 not installed", *mentions)), text
    assert thing.system.restarts == 0
    assert not os_wanted(thing, WANTED, thing.clock.monotonic())
    return text


WHOLE = {file.name: file.data for file in FILES}
