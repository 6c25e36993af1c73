"""Things with alarms, on a real cloud."""

from __future__ import annotations

from app.cloud.alarms.courier import Courier
from app.cloud.alarms.watch import AlarmWatch
from app.cloud.manage.service.alarms import AlarmWish
from app.cloud.manage.service.office import LOCAL
from tests.unit.cloud.manage.conftest import NOW, add_thing

URL = "https://hooks.example/services/hush-url"
KEY = "hush-secret of this webhook"
OFF = AlarmWish("offline", 600.0, webhook=URL, secret=KEY)
POOL = "development"


class Fleet:
    """An app with three Things, and a watch of its alarms."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self.told = 0
        self.aid = desk.run(desk.manage.apps.create(LOCAL, "Lamp")).aid
        self.tids = ["T0", "T1", "T2"]
        for tid in self.tids:
            add_thing(desk, self.aid, tid, NOW)
        reader = desk.manage.alarms._office._reader
        self.watch = AlarmWatch(desk.cloud, reader, desk.writer, self.wake)
        self.courier = Courier(desk.cloud, reader, desk.writer, None)

    def wake(self):
        self.told += 1

    def add(self, wish=OFF, pool=POOL):
        return self.desk.run(self.desk.manage.alarms.add(LOCAL, self.aid, pool, wish))

    def do(self, name, it, *given):
        return self.desk.run(getattr(self.desk.manage.alarms, name)(LOCAL, it.id, *given))

    def change(self, call):
        return self.desk.run(self.desk.writer.do(lambda: call(self.desk.cloud.store)))

    def call(self, tid):
        """Have a Thing call now."""

        def called(store):
            thing = store.things.of_tid(tid)[0]
            store.sessions.bind(store.sessions.start(self.desk.clock.now), thing.id, "one", "v1")

        self.change(called)

    def send(self, tid, value, at=None):
        """Store a reading of now, or of another time."""
        now = self.desk.clock.now if at is None else at
        us = int(now * 1e6)
        self.change(lambda store: store.readings.add(self.aid, tid, us, value, now))

    def look(self, passed=5.0, calling=()):
        """Let time pass in steps with a look after each; those `calling` call at each."""
        end = self.desk.clock.now + passed
        while self.desk.clock.now < end:
            self.desk.clock.now = min(end, self.desk.clock.now + 50)
            for tid in calling:
                self.call(tid)
            self.desk.run(self.watch.look())

    def changes(self, it):
        """Return the events of an alarm, oldest first."""
        return [(row.tid, row.change) for row in self.do("events", it).items][::-1]
