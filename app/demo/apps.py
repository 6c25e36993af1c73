"""The apps that the demo deploys."""

from __future__ import annotations

# A run of the app and a count within it, so that a missing reading shows.
_WORKER = """\
import os


class WorkerTask:
    def __init__(self):
        self.run = os.urandom(3).hex()
        self.count = 0

    def call(self):
        self.count += 1
        return {"app": "%(name)s", "run": self.run, "count": self.count}
"""

_MANAGEMENT = """\
class ManagementTask:
    def call(self, data):
        return "%(name)s got: %%s" %% data
"""


def good(name: str) -> dict[str, str]:
    """Return the files of an app that puts its name in each reading and reply."""
    return {
        "worker_task.py": _WORKER % {"name": name},
        "management_task.py": _MANAGEMENT % {"name": name},
    }


def broken() -> dict[str, str]:
    """Return the files of an app with a syntax error, as its owner could make it."""
    files = good("broken")
    files["worker_task.py"] = files["worker_task.py"].replace("self.count += 1", "self.count +=")
    return files
