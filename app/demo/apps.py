"""The apps that the demo deploys."""

from __future__ import annotations

# A run of the app and a count within it: a missing reading cannot hide.
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
    """An app that says its name in each reading and reply: files by name."""
    return {
        "worker_task.py": _WORKER % {"name": name},
        "management_task.py": _MANAGEMENT % {"name": name},
    }


def broken() -> dict[str, str]:
    """An app with a mistake that its owner could have made."""
    files = good("broken")
    files["worker_task.py"] = files["worker_task.py"].replace("self.count += 1", "self.count +=")
    return files
