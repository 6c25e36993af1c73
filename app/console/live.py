"""Pages that follow the calls of Things while they are open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import background_tasks, ui

from app.console.shell import at_end
from app.console.watch import Watch


class Live:
    """Runs `look` after calls of Things that the page is about, one run at a time.

    Calls during a run lead to one more, however many they are.
    """

    def __init__(
        self, watch: Watch, about: Callable[[list[str]], bool], look: Callable[[], Awaitable[None]]
    ) -> None:
        self._about, self._look = about, look
        self._client = ui.context.client
        self._runs = self._again = False
        at_end(watch.subscribe(self._told))
        at_end(self._leave)

    def _told(self, tids: list[str]) -> None:
        if self._about(tids):
            self._again = True
            if not self._runs:
                self._runs = True
                background_tasks.create(self._run(), name="look")

    def _leave(self) -> None:
        self._again = False

    async def _run(self) -> None:
        try:
            while self._again:
                self._again = False
                with self._client:
                    await self._look()
        finally:
            self._runs = False
