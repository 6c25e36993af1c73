"""The objects that all views share: the cloud's services, rows of its Things, virtual boards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nicegui import ui

from app.cloud.http import client_of
from app.cloud.manage.service import Management
from app.cloud.manage.service.office import Actor
from app.console.admin import Admin
from app.console.alarms import Alarms
from app.console.boards import Boards
from app.console.drafts import Drafts
from app.console.editors import Editors
from app.console.fleet import Fleet
from app.console.guard import token_of
from app.console.rollouts import Rollouts
from app.console.watch import Watch


@dataclass(frozen=True)
class Desk:
    """`cloud_url`: the backend for a Thing on this machine; `data`: the cloud's folder."""

    manage: Management
    watch: Watch
    boards: Boards
    drafts: Drafts
    editors: Editors
    cloud_url: str
    data: Path

    def fleet(self) -> Fleet:
        """Return the fleet with the rights of the current page's session."""
        return Fleet(self.manage, *_who()[:2])

    def admin(self) -> Admin:
        """Return the administration with the rights of the current page's session."""
        actor, token, address = _who()
        return Admin(self.manage, token, actor, address)

    def alarms(self) -> Alarms:
        """Return the alarms with the rights of the current page's session."""
        return Alarms(self.manage, *_who()[:2])

    def rollouts(self) -> Rollouts:
        """Return the rollouts with the rights of the current page's session."""
        return Rollouts(self.manage, *_who()[:2])


def _who() -> tuple[Actor, str, str]:
    """Return the actor of the current page, the token of its session, and its address."""
    request = ui.context.client.request
    token = token_of(request.headers.get("cookie", ""))
    return request.state.actor, token, client_of(request)
