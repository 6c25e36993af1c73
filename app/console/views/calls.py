"""The latest calls of a Thing, newest first."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from nicegui import ui

from app.cloud.tables.events import Event
from app.console.page import text

_MOST = 25  # that are shown


class CallsCard:
    """The card. Only new calls are added: each has one element, its parts are attributes."""

    def __init__(self) -> None:
        self._rows: deque[Any] = deque()
        self._newest = -1
        with ui.element("section").classes("card"):
            text("h2", "Calls")
            self._none = text("p", "None since the console was started.", "soft")
            self._list = ui.element("div").classes("log")
            self._list.props('tabindex="0" role="region" aria-label="Calls of this Thing"')

    def show(self, calls: list[Event]) -> None:
        """Show these calls, given oldest first."""
        self._none.set_visibility(not calls)
        for call in calls[-_MOST:]:
            if call.id > self._newest and not self._list.is_deleted:
                self._newest = call.id
                self._add(call)
        while len(self._rows) > _MOST:
            self._rows.popleft().delete()

    def _add(self, call: Event) -> None:
        with self._list:
            row = text("div", call.summary, "call wrap")
        row.props["data-at"] = time.strftime("%H:%M:%S", time.localtime(call.time))
        row.props["data-call"] = call.what
        row.move(self._list, 0)
        self._rows.append(row)
