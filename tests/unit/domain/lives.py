"""The life of a Thing of fakes, over its restarts."""

from __future__ import annotations

from tests.fakes.storage import PowerCut
from tests.fakes.thing import make_runner, make_thing, restarted

HOUR = 3_600_000


class Restart(BaseException):
    """The machine starts again: nothing in memory is left."""


class Life:
    """A Thing over all its restarts."""

    def __init__(self, **overrides):
        self.thing = make_thing(**overrides)
        self.cloud = self.thing.cloud
        self.storage = self.thing.storage
        self.apps = self.thing.apps
        self.console = self.thing.console
        self.starts = 0
        self.begin()

    def begin(self):
        self.thing.system.on_restart = self._restart
        self.runner = make_runner(self.thing)

    def _restart(self):
        raise Restart

    @property
    def state(self):
        return self.runner.machine.state

    @property
    def now(self):
        return self.thing.clock.now

    def again(self, cause="restart"):
        self.starts += 1
        self.thing = restarted(self.thing, cause)
        self.begin()

    def step(self):
        try:
            return self.runner.step()
        except Restart:
            self.again()
        except PowerCut:
            self.again("power_on")
        return None

    def until(self, done, limit_ms=HOUR, steps=100_000):
        end = self.now + limit_ms
        for _ in range(steps):
            if done():
                return
            assert self.now <= end, f"not done after {limit_ms} ms, in {self.state}"
            self.step()
        raise AssertionError(f"not done after {steps} steps, in {self.state}")

    def pass_ms(self, ms):
        end = self.now + ms
        while self.now < end:
            self.step()

    def publish(self, version):
        self.cloud.apps[version] = {"worker_task.py": f"# {version}", "management_task.py": "#"}
        self.cloud.settings["app_version"] = version

    def count(self):
        """Let the app's worker return the number of its call."""
        numbers = iter(range(1, 10**9))
        self.apps.worker = lambda: {"n": next(numbers)}

    def numbers(self):
        """Return the numbers of the readings in the cloud, by their time."""
        return [message["n"] for _, message in sorted(self.cloud.readings.items())]

    def remedies(self):
        return [fields["remedy"] for fields in self.console.named("remedy")]


def working_life(**overrides):
    life = Life(**overrides)
    life.publish("1")
    life.count()
    life.until(lambda: len(life.cloud.readings) >= 2)
    return life
