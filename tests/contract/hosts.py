"""App hosts that record their log and write their apps."""

from __future__ import annotations

import os
import textwrap
from typing import Any

from adapters.linux.apphost import ProcessAppHost
from tests.contract.check_apphost import FOLDER, LIMIT

WORKER = """
class WorkerTask:
    count = -1
    def call(self, data=None):
        self.count += 1
        {body}
"""


class Host(ProcessAppHost):
    """A host that records its log as (level, text) and writes the apps that it loads."""

    def __init__(self, root: str, **options: Any) -> None:
        self.log: list[tuple[int, str]] = []
        self.root = root
        super().__init__(root, lambda level, text: self.log.append((level, text)), **options)

    def write(self, folder: str = FOLDER, **files: str) -> None:
        os.makedirs(os.path.join(self.root, folder), exist_ok=True)
        for name, source in files.items():
            with open(os.path.join(self.root, folder, name + ".py"), "w") as file:
                file.write(textwrap.dedent(source))

    def worker(self, body: str) -> Any:
        """Write and load an app with this body, call its worker and return the value."""
        self.write(worker_task=WORKER.format(body=body))
        self.load(FOLDER)
        return self.call("worker", None, LIMIT)

    def said(self) -> list[str]:
        return [text for _, text in self.log]
