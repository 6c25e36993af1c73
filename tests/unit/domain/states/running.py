"""A Thing of fakes in the state `run`."""

from __future__ import annotations

from domain.app.app import App
from domain.health.journal import Journal
from domain.health.slots import PROVEN, Slot
from domain.settings.settings import Settings
from domain.states.register import Register
from domain.states.run import Run
from tests.fakes.thing import make_thing


class Running:
    """A Thing that is registered and in `run`."""

    def __init__(self, app=True, settings=None, **overrides):
        self.thing = make_thing(**overrides)
        self.thing.journal = Journal(app=Slot("a", "1", "", PROVEN) if app else Slot())
        self.thing.app = App(self.thing)
        self.thing.settings = settings or Settings()
        self.cloud = self.thing.cloud
        self.cloud.settings = {"app_version": "1" if app else "0"}
        self.register()

    def register(self):
        assert Register(self.thing).act() == "registered"
        self.cloud.calls.clear()
        self.run = Run(self.thing)

    def act(self, times=1):
        """Act so often, or until an event, and return it."""
        for _ in range(times):
            event = self.run.act()
            if event:
                return event
        return None

    def until_ms(self, ms):
        """Act until the clock shows `ms`, or until an event, and return it."""
        while self.thing.clock.now < ms:
            event = self.run.act()
            if event:
                return event
        return None

    def calls(self, *names):
        return [arguments for _, arguments in self.cloud.made(*names)]

    def names(self):
        return [name for name, _ in self.cloud.calls]


def with_messages(*messages):
    it = Running()
    it.until_ms(30_000)
    it.cloud.messages = list(messages)
    it.cloud.calls.clear()
    it.thing.apps.calls.clear()
    return it
