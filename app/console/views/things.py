"""Things: all of them, in a table that follows their calls."""

from __future__ import annotations

import functools
from typing import Any

from nicegui import ui

from app.console.desk import Desk
from app.console.fleet import Fleet
from app.console.page import button, empty, text
from app.console.rows import Row
from app.console.shell import View, at_end, frame, kept

_AGO = (
    "p => { if (!p.value) return 'never'; const s = Math.max(0, Date.now() / 1000 - p.value);"
    " return s < 60 ? Math.floor(s) + ' s ago' : s < 3600 ? Math.floor(s / 60) + ' min ago'"
    " : s < 86400 ? Math.floor(s / 3600) + ' h ago' : Math.floor(s / 86400) + ' days ago'; }"
)
# As `address_of` writes it.
_OPEN = (
    "emitEvent('sub_pages_navigate', '/things/'"
    " + encodeURIComponent(e.data.tid).replaceAll('~', '~7E').replaceAll('.', '~2E')"
    ".replaceAll('%', '~'))"
)
_STATES = {
    "cell-online": "value === 'online'",
    "cell-silent": "value === 'silent'",
    "cell-waiting": "value === 'not registered'",
}
_COLUMNS: list[dict[str, Any]] = [
    {"field": "tid", "headerName": "Thing", "flex": 3, "minWidth": 130},
    {"field": "state", "headerName": "State", "width": 90, "cellClassRules": _STATES},
    {"field": "app", "headerName": "App", "flex": 2, "minWidth": 118},
    {"field": "app_version", "headerName": "App version", "width": 122},
    {"field": "os_version", "headerName": "OS", "width": 110},
    {"field": "pool", "headerName": "Pool", "width": 126},
    {"field": "seen", "headerName": "Last seen", "width": 118, ":valueFormatter": _AGO},
    {
        "field": "trouble",
        "headerName": "Last error",
        "flex": 2,
        "minWidth": 120,
        "cellClass": "cell-trouble",
    },
]
_HEAD_PX, _ROW_PX = 54, 45
_FRESHEN_S = 5.0  # between two updates of "last seen"


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def things() -> None:
        with frame("Things", "/things"):
            page = await kept("things", functools.partial(_made, desk))
            at_end(page.leave)
            await page.arrive()

    routes["/"] = things
    routes["/things"] = things


async def _made(desk: Desk) -> _Page:
    fleet = desk.fleet()
    return _Page(desk, fleet, await _apps_of(fleet))


async def _apps_of(fleet: Fleet) -> set[str]:
    return {app.aid for app in await fleet.apps()}


class _Page:
    """The table. It stays when another page is shown: to make it again takes a second."""

    def __init__(self, desk: Desk, fleet: Fleet, mine: set[str]) -> None:
        self._desk, self._fleet, self._mine = desk, fleet, mine
        self._shown = False
        self._late: set[str] = set()  # changed while another page was shown
        with ui.element("div").classes("head"):
            text("h1", "Things")
            self._count = text("span", "", "soft grow")
            self._search = ui.input(placeholder="Filter").props(
                'outlined dense clearable aria-label="Filter the table"'
            )
            button("Add a Thing", lambda: ui.navigate.to("/add"), "add")
        with (
            ui.element("div").classes("card") as self._nothing,
            empty(
                "No Thing has registered yet",
                "A Thing is a small computer that runs your app. Start a virtual one right here to"
                " try it, or connect a board of yours.",
            ),
        ):
            button("Add the first Thing", lambda: ui.navigate.to("/add"))
        # Its height and its visibility are those of a box around it: an update of the table itself
        # would bring back the rows with which it began.
        rows = self._rows()
        with ui.element("div").classes("table-box") as self._box:
            self._table = ui.aggrid(_options(rows), auto_size_columns=False).classes("table")
        self._known = {row.tid for row in rows}
        # In the browser: each key would otherwise wait for the way to the server and back.
        grid = f"getElement({self._table.id})"
        filtering = f"{grid}.run_grid_method('setGridOption', 'quickFilterText', v ?? '')"
        self._search.on("update:model-value", js_handler=f"v => {filtering}")
        self._show()
        ui.timer(_FRESHEN_S, self._freshen, immediate=False)
        ui.context.client.on_delete(desk.watch.subscribe(self._changed))

    async def arrive(self) -> None:
        """Show the table as it is now, with the apps that the person may see now."""
        self._mine = await _apps_of(self._fleet)
        self._shown = True
        late, self._late = self._late, set()
        late |= self._known ^ {row.tid for row in self._rows()}
        if late:
            self._changed(list(late))

    def leave(self) -> None:
        """Collect changes until the table is shown again."""
        self._shown = False

    def _rows(self) -> list[Row]:
        rows = self._desk.watch.rows.values()
        return [row for row in rows if self._fleet.actor.owner or row.aid in self._mine]

    def _changed(self, tids: list[str]) -> None:
        if not self._shown:
            self._late.update(tids)
            return
        changed = set(tids)
        rows = [row for row in self._rows() if row.tid in changed]
        new = [row.shown() for row in rows if row.tid not in self._known]
        old = [row.shown() for row in rows if row.tid in self._known]
        gone = (changed & self._known) - {row.tid for row in rows}
        self._known = (self._known - gone) | {row.tid for row in rows}
        changes = {"add": new, "update": old, "remove": [{"tid": tid} for tid in gone]}
        self._table.run_grid_method("applyTransactionAsync", changes)
        self._show()

    def _show(self) -> None:
        rows = self._rows()
        online = sum(row.state == "online" for row in rows)
        self._count.set_text(f"{online} of {len(rows)} online" if rows else "")
        self._nothing.set_visibility(not rows)
        self._box.set_visibility(bool(rows))
        self._box.style(f"height: min(70vh, {_HEAD_PX + _ROW_PX * len(rows)}px)")
        self._search.set_visibility(bool(rows))

    def _freshen(self) -> None:
        """Count the time since each call on."""
        if self._shown:
            self._table.run_grid_method("refreshCells", {"columns": ["seen"]})


def _options(rows: list[Row]) -> dict[str, Any]:
    return {
        "columnDefs": _COLUMNS,
        "defaultColDef": {
            "sortable": True,
            "filter": True,
            "resizable": True,
            "suppressHeaderFilterButton": True,
            "suppressHeaderMenuButton": True,
        },
        "rowData": [row.shown() for row in rows],
        ":getRowId": "params => params.data.tid",
        ":onCellClicked": f"e => {_OPEN}",
        ":onCellKeyDown": f"e => e.event.key === 'Enter' && {_OPEN}",
        "animateRows": False,  # a row that is filtered away would stay for 0.4 s
        "cacheQuickFilter": True,
        "enableCellTextSelection": True,
        "suppressDragLeaveHidesColumns": True,
        "overlayNoRowsTemplate": "No Thing is like that.",
    }
