"""Things: all of them, in a table that follows their calls."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from app.console.desk import Desk
from app.console.page import button, empty, frame, text
from app.console.rows import Row

_AGO = (
    "p => { if (!p.value) return 'never'; const s = Math.max(0, Date.now() / 1000 - p.value);"
    " return s < 60 ? Math.floor(s) + ' s ago' : s < 3600 ? Math.floor(s / 60) + ' min ago'"
    " : s < 86400 ? Math.floor(s / 3600) + ' h ago' : Math.floor(s / 86400) + ' days ago'; }"
)
_OPEN = "location.assign('/things/' + encodeURIComponent(e.data.tid))"
_STATES = {
    "cell-online": "value === 'online'",
    "cell-silent": "value === 'silent'",
    "cell-waiting": "value === 'not registered'",
}
_COLUMNS: list[dict[str, Any]] = [
    {"field": "tid", "headerName": "Thing", "flex": 2, "minWidth": 130},
    {"field": "state", "headerName": "State", "width": 90, "cellClassRules": _STATES},
    {"field": "app", "headerName": "App", "flex": 1, "minWidth": 90},
    {"field": "app_version", "headerName": "App version", "width": 122},
    {"field": "os_version", "headerName": "OS", "width": 110},
    {"field": "pool", "headerName": "Pool", "width": 126},
    {"field": "seen", "headerName": "Last seen", "width": 100, ":valueFormatter": _AGO},
    {
        "field": "trouble",
        "headerName": "Last error",
        "flex": 3,
        "minWidth": 120,
        "cellClass": "cell-trouble",
    },
]
_HEAD_PX, _ROW_PX = 54, 45
_FRESHEN_S = 5.0  # between two updates of "last seen"


def register(desk: Desk) -> None:
    """Register the page."""

    async def things() -> None:
        with frame("Things", "/things"):
            await _view(desk)

    ui.page("/")(things)
    ui.page("/things")(things)


async def _view(desk: Desk) -> None:
    fleet = desk.fleet()
    mine = {app.aid for app in await fleet.apps()}

    def seen() -> list[Row]:
        rows = desk.watch.rows.values()
        return [row for row in rows if fleet.actor.owner or row.aid in mine]

    with ui.element("div").classes("head"):
        text("h1", "Things")
        count = text("span", "", "soft grow")
        search = ui.input(placeholder="Filter").props(
            'outlined dense clearable aria-label="Filter the table"'
        )
        button("Add a Thing", lambda: ui.navigate.to("/add"), "add")
    with (
        ui.element("div").classes("card") as nothing,
        empty(
            "No Thing has registered yet",
            "A Thing is a small computer that runs your app. Start a virtual one right here to try"
            " it, or connect a board of yours.",
        ),
    ):
        button("Add the first Thing", lambda: ui.navigate.to("/add"))
    # Its height and its visibility are those of a box around it: an update of the table itself
    # would bring back the rows with which it began.
    with ui.element("div").classes("table-box") as box:
        table = ui.aggrid(_options(seen()), auto_size_columns=False).classes("table")
    # In the browser: each key would otherwise wait for the way to the server and back.
    filtering = (
        f"getElement({table.id}).run_grid_method('setGridOption', 'quickFilterText', v ?? '')"
    )
    search.on("update:model-value", js_handler=f"v => {filtering}")
    known = {row.tid for row in seen()}

    def show() -> None:
        rows = seen()
        online = sum(row.state == "online" for row in rows)
        count.set_text(f"{online} of {len(rows)} online" if rows else "")
        nothing.set_visibility(not rows)
        box.set_visibility(bool(rows))
        box.style(f"height: min(70vh, {_HEAD_PX + _ROW_PX * len(rows)}px)")
        search.set_visibility(bool(rows))

    def changed(tids: list[str]) -> None:
        rows = {row.tid: row for row in seen() if row.tid in tids}
        new = [row.shown() for tid, row in rows.items() if tid not in known]
        old = [row.shown() for tid, row in rows.items() if tid in known]
        known.update(rows)
        table.run_grid_method("applyTransactionAsync", {"add": new, "update": old})
        show()

    show()
    ui.timer(_FRESHEN_S, lambda: table.run_grid_method("refreshCells", {"columns": ["seen"]}))
    ui.context.client.on_delete(desk.watch.subscribe(changed))


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
