"""The console's pages, one file each."""

from __future__ import annotations

from app.console.desk import Desk
from app.console.views import add, apps, editor, thing, things, versions


def register(desk: Desk) -> None:
    """Register all pages."""
    for view in (things, thing, apps, editor, versions, add):
        view.register(desk)
