"""The questions before an edit would be lost, or takes the place of another person's."""

from __future__ import annotations

from nicegui import ui

from app.cloud.manage.service.versions import VersionInfo
from app.console.fleet import Fleet
from app.console.merge import Merge
from app.console.page import ask, moment
from app.console.views.sides import draw

NEWER = 409  # the status of a commit which is refused as there is a newer version
MERGE, MINE = "merge", "mine"  # choices


async def sure(count: int) -> bool:
    """Ask whether to save a version with errors."""
    found = "is an error" if count == 1 else f"are {count} errors"
    return not await ask(
        f"There {found}",
        "No Thing could run this. It would be taken back, and the last version runs on.",
        {True: "Show me", False: "Save it all the same"},
        closed=True,
    )


async def may_drop(version: str) -> bool:
    """Ask whether to drop unsaved changes for another version."""
    return bool(
        await ask(
            "You have unsaved changes",
            f"Version {version} would take their place, and they would be lost.",
            {False: "Keep editing", True: "Drop my changes"},
            closed=False,
        )
    )


async def newer(fleet: Fleet, aid: str, mine: str, newest: VersionInfo) -> str:
    """Ask about a newer version than `mine`, and show the difference; empty: go on editing."""
    diff = await fleet.diff(aid, mine, newest.name)
    author = f" by {newest.who}" if newest.who else ""
    return str(
        await ask(
            "A newer version was saved meanwhile",
            f"Version {newest.name} was saved{author}, {moment(newest.time)}. Below are its changes"
            " since the version you had. Merge takes both its changes and yours.",
            {MERGE: "Merge", MINE: "Save mine all the same", "": "Go on editing"},
            closed="",
            inside=lambda: draw(diff),
        )
    )


def said_of(merge: Merge, label: str) -> None:
    """Notify the user of the result of a merge."""
    count = len(merge.conflicts)
    if count:
        places = "one place" if count == 1 else f"{count} places"
        ui.notify(f"You both changed {places}: choose between the marks there.", type="warning")
    else:
        ui.notify(f"Merged with {label}. Look it over, and save it.", type="positive")
