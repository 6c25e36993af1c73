"""The host of the owner's app."""

from __future__ import annotations

from typing import Any, Protocol


class AppHost(Protocol):
    """The host that loads and calls the two tasks of the app, isolated from the OS as well as it
    can be.

    Raises `AppError`: `import` (it does not load), `raised` (with the traceback), `not_json` (the
    result cannot be sent; `rest` of the error, for a dict, are the fields that can), `hung` (no
    answer in time), `died` (it ended the process or ran out of memory), `no_task` (the app has no
    such task). After `hung` and `died` the app is gone and the next call loads it again.
    """

    def load(self, folder: str) -> None:
        """Use the app in `folder` (a name in the storage) from now on; load it at once."""

    def unload(self) -> None:
        """Unload the app. Never raises."""

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        """Call `worker` (no data) or `management` (data or None); return a JSON value.

        Blocks for at most `limit_ms`, and a second to clean up.
        """

    def execute(self, source: str, limit_ms: int) -> str:
        """Run Python source beside the app; return its output, and the traceback if any."""
