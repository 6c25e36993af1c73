"""Where the owner's app lives."""

from __future__ import annotations

from typing import Any, Protocol


class AppHost(Protocol):
    """Loads and calls the two tasks of the app, held apart from the OS as well as it can be.

    Raises `AppError`: `import` (it does not load), `raised` (with the traceback), `not_json`
    (what came back cannot be sent; `rest` of the error, for a dict, are the fields that can),
    `hung` (no answer in time), `died` (it ended the process or ran out of memory), `no_task` (the
    app has no such task). After `hung` and `died` the app is gone and the next call loads it again.
    """

    def load(self, folder: str) -> None:
        """Use the app in `folder` (a name in the storage) from now on; loads it at once."""

    def unload(self) -> None:
        """Let the app go. Never raises."""

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        """Call `worker` (no data) or `management` (data or None); gives a JSON value.

        Blocks for at most `limit_ms`, and a second to clean up.
        """

    def execute(self, source: str, limit_ms: int) -> str:
        """Run Python source beside the app; gives what it printed, and the traceback if any."""
