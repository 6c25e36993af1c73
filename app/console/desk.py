"""What all views share: the cloud's services, the rows of its Things, the boards that run here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nicegui import ui

from app.cloud.manage.service import Management
from app.console.boards import Boards
from app.console.drafts import Drafts
from app.console.fleet import Fleet
from app.console.watch import Watch


@dataclass(frozen=True)
class Desk:
    """`cloud_url`: what a Thing on this machine is told; `data`: the cloud's folder."""

    manage: Management
    watch: Watch
    boards: Boards
    drafts: Drafts
    cloud_url: str
    data: Path

    def fleet(self) -> Fleet:
        """Return what whoever looks at the page that is being made may see, and do."""
        actor = ui.context.client.request.state.actor
        return Fleet(self.manage, actor)
