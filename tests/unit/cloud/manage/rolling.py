"""Things of a rollout, on a real cloud."""

from __future__ import annotations

from app.cloud.manage.service.office import LOCAL, Page
from app.cloud.manage.service.rollouts import Wish
from app.cloud.rollouts import evaluation
from app.cloud.settings import settings_of
from tests.unit.cloud.manage.conftest import NOW

NEW = "two"


class Fleet:
    """An app with its Things in `staging`, which asks for version `one`."""

    def __init__(self, desk, count: int = 10) -> None:
        self.desk = desk
        self.tokens: dict[str, str] = {}
        manage = desk.manage
        self.aid = desk.run(manage.apps.create(LOCAL, "Lamp")).aid
        for version in ("one", NEW, "three"):
            desk.run(manage.versions.commit(LOCAL, self.aid, {"a.py": ""}, version))
        desk.run(manage.pools.set(LOCAL, self.aid, "staging", {"app_version": "one"}))
        self.tids = [f"T{number:02}" for number in range(count)]

        def added(store):
            app = store.apps.with_aid(self.aid)[0]
            for tid in self.tids:
                thing = store.things.add(tid, app.id, "staging")
                store.sessions.bind(store.sessions.start(NOW), thing.id, "one", "v1")

        self.change(added)

    def start(self, wish=None, things=(), pool="staging"):
        wish = wish or Wish(app=NEW)
        return self.desk.run(self.desk.manage.rollouts.start(LOCAL, self.aid, pool, wish, things))

    def do(self, name, it, *given):
        return self.desk.run(getattr(self.desk.manage.rollouts, name)(LOCAL, it.id, *given))

    def change(self, call):
        """Return the result of `call(store)` in the thread that writes."""
        return self.desk.run(self.desk.writer.do(lambda: call(self.desk.cloud.store)))

    def call(self, tid, what="app_version"):
        """Return the version that the Thing's management call is answered with."""

        def called(store):
            thing = store.things.of_tid(tid)[0]
            if tid in self.tokens:
                store.sessions.touch(self.tokens[tid], self.desk.clock.now)
            return settings_of(self.desk.cloud, thing, asking=True)[what]

        if tid not in self.tokens:
            self.restart(tid, "one")
        return self.change(called)

    def restart(self, tid, version, status="OK", pythings="OK"):
        """Have a Thing register with a version, and report."""

        def restarted(store):
            thing = store.things.of_tid(tid)[0]
            token = store.sessions.start(self.desk.clock.now)
            store.sessions.deactivate(thing.id)
            store.sessions.bind(token, thing.id, version, "v1")
            store.sessions.report(token, "management", status, self.desk.clock.now)
            store.sessions.report(token, "pythings", pythings, self.desk.clock.now)
            return token

        self.tokens[tid] = self.change(restarted)

    def round(self, bad=()):
        """Have each Thing call, and install the version asked for; the `bad` take it back."""
        asked = [tid for tid in self.tids if self.call(tid) == NEW]
        for tid in asked:
            if tid in bad:
                self.restart(tid, "one", "OK", f"KO: app {NEW} taken back: it crashed")
            else:
                self.restart(tid, NEW)
        self.look()
        return asked

    def look(self):
        self.change(lambda _: evaluation.evaluate_all(self.desk.cloud, 0.0))

    def did(self, it):
        rows = self.do("things", it, Page(limit=1000)).items
        return {row.tid: row.did for row in rows}
