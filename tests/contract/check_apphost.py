"""The contract of app hosts."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from domain.errors import AppError
from ports.apphost import AppHost

# make(worker, management) returns a host with an app in FOLDER; each of its tasks does one of
# BEHAVIOURS, or is missing (""). The app in BROKEN does not load.
Make = Callable[[str, str], AppHost]

FOLDER = "app.a"
BROKEN = "app.b"
LIMIT = 10_000  # ms

# Bodies of `call(self, data=None)`; `self.count` is the number of calls before.
BEHAVIOURS = {
    "counts": "return self.count",
    "echoes": "return data",
    "raises": "raise KeyError('no such sensor')",
    "gives bytes": "return {'a': [b'x']}",
    "gives nan": "return float('nan')",
    "gives infinity": "return [1e999]",
    "gives a bad field": "return {'t': 1e999, 'h': 40, 'in': {'p': b'x', 'q': 1, 'r': [1e999]}}",
    "gives what holds itself": "a = {'t': 1}; a['x'] = a['y'] = a['z'] = a; return a",
    "dies": "import os; os._exit(3)",
    "hangs": "while True: pass",
}

VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1.5,
    "",
    "text \u00e9 \U0001f600 \n",
    [],
    {},
    {"a": [1, {"b": None}]},
    "x" * 100_000,
)


def check_apphost(make: Make) -> None:
    """Run the contract on app hosts made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def fails(code: str, call: Callable[[], object]) -> str:
    """Check that the call raises an AppError of that code, and return its text."""
    with pytest.raises(AppError) as caught:
        call()
    assert caught.value.code == code, caught.value
    assert caught.value.text
    return caught.value.text


def calls_both_tasks(make: Make) -> None:
    host = make("counts", "echoes")
    host.load(FOLDER)
    for value in VALUES:
        assert host.call("management", value, LIMIT) == value
    assert [host.call("worker", None, LIMIT) for _ in range(3)] == [0, 1, 2]


def starts_anew_when_loaded_again(make: Make) -> None:
    host = make("counts", "counts")
    host.load(FOLDER)
    assert [host.call("worker", None, LIMIT) for _ in range(2)] == [0, 1]
    assert host.call("management", None, LIMIT) == 0
    host.load(FOLDER)
    assert host.call("worker", None, LIMIT) == 0


def tells_what_a_task_raises(make: Make) -> None:
    host = make("raises", "counts")
    host.load(FOLDER)
    assert host.call("management", None, LIMIT) == 0
    for _ in range(2):
        assert "no such sensor" in fails("raised", lambda: host.call("worker", None, LIMIT))
    assert host.call("management", None, LIMIT) == 1  # not loaded again


def takes_nothing_but_json(make: Make) -> None:
    for behaviour in ("gives bytes", "gives nan", "gives infinity"):
        host = make(behaviour, "counts")
        host.load(FOLDER)
        host.call("management", None, LIMIT)
        fails("not_json", lambda host=host: host.call("worker", None, LIMIT))  # type: ignore[misc]
        assert host.call("management", None, LIMIT) == 1
        host.unload()


def tells_the_fields_that_can_be_sent(make: Make) -> None:
    host = make("gives a bad field", "counts")
    host.load(FOLDER)
    with pytest.raises(AppError) as caught:
        host.call("worker", None, LIMIT)
    assert caught.value.code == "not_json"
    assert caught.value.rest == {"h": 40, "in": {"q": 1}}
    for name in ("['t']", "['in']['p']", "['in']['r']"):
        assert name in caught.value.text
    host.unload()


def leaves_out_what_holds_itself(make: Make) -> None:
    """Each field once: looking into them would take 3 ** 64 steps."""
    host = make("gives what holds itself", "counts")
    host.load(FOLDER)
    with pytest.raises(AppError) as caught:
        host.call("worker", None, LIMIT)
    assert caught.value.code == "not_json"
    assert caught.value.rest == {"t": 1}
    for name in ("['x']", "['y']", "['z']"):
        assert caught.value.text.count(name) == 1
    host.unload()


def has_tasks_missing(make: Make) -> None:
    for worker, management, missing in (("counts", "", "management"), ("", "counts", "worker")):
        host = make(worker, management)
        host.load(FOLDER)
        fails("no_task", lambda host=host, missing=missing: host.call(missing, None, LIMIT))  # type: ignore[misc]
        there = "worker" if worker else "management"
        assert host.call(there, None, LIMIT) == 0
        host.unload()


def survives_the_app(make: Make) -> None:
    for behaviour, code in (("dies", "died"), ("hangs", "hung")):
        host = make(behaviour, "counts")
        host.load(FOLDER)
        assert host.call("management", None, LIMIT) == 0
        assert host.call("management", None, LIMIT) == 1
        fails(code, lambda host=host: host.call("worker", None, 300))  # type: ignore[misc]
        assert host.call("management", None, LIMIT) == 0  # loaded again
        host.unload()


def tells_what_does_not_load(make: Make) -> None:
    host = make("counts", "counts")
    fails("import", lambda: host.load(BROKEN))
    fails("import", lambda: host.call("worker", None, LIMIT))
    host.load(FOLDER)
    assert host.call("worker", None, LIMIT) == 0


def has_no_app_when_unloaded(make: Make) -> None:
    host = make("counts", "counts")
    host.unload()
    fails("no_task", lambda: host.call("worker", None, LIMIT))
    host.load(FOLDER)
    host.unload()
    host.unload()
    fails("no_task", lambda: host.call("worker", None, LIMIT))


def executes_commands(make: Make) -> None:
    host = make("counts", "counts")
    assert isinstance(host.execute("print(1)", LIMIT), str)
    host.load(FOLDER)
    assert host.call("worker", None, LIMIT) == 0
    assert isinstance(host.execute("print(1)", LIMIT), str)
    assert host.call("worker", None, LIMIT) == 1


CHECKS = (
    calls_both_tasks,
    starts_anew_when_loaded_again,
    tells_what_a_task_raises,
    takes_nothing_but_json,
    tells_the_fields_that_can_be_sent,
    leaves_out_what_holds_itself,
    has_tasks_missing,
    survives_the_app,
    tells_what_does_not_load,
    has_no_app_when_unloaded,
    executes_commands,
)
