"""The console's pages, one file each."""

from __future__ import annotations

from app.console.desk import Desk
from app.console.views import (
    add,
    apps,
    audit,
    data,
    editor,
    people,
    releases,
    rollout,
    rollout_start,
    rollouts,
    thing,
    things,
    tokens,
    versions,
)

_VIEWS = (
    *(things, thing, apps, editor, versions, add),
    *(people, tokens, audit, data, releases),
    *(rollouts, rollout_start, rollout),
)


def register(desk: Desk) -> None:
    """Register all pages."""
    for view in _VIEWS:
        view.register(desk)
