"""The composition of the console, beside a cloud that is about to run."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from app.cloud.manage.service import Management
from app.cloud.manage.service.office import LOCAL
from app.console.boards import Boards
from app.console.demo import fill
from app.console.desk import Desk
from app.console.drafts import Drafts
from app.console.editors import Editors
from app.console.fleet import Fleet
from app.console.gallery import examples
from app.console.people import People
from app.console.serve import ConsoleServer
from app.console.watch import Watch


def console(
    manage: Management,
    url: str,
    data: Path,
    listener: socket.socket,
    code: str,
    kinds: Sequence[str] = (),
    demo: bool = False,
) -> ConsoleServer:
    """Return the console of a cloud at `url` with its `data`; `kinds`: boards to start at once.

    `demo`: fill the cloud with apps and boards.
    """
    fleet = Fleet(manage, LOCAL)
    boards = Boards(data / "virtual", url, manage.accounts.key().modulus)
    drafts = Drafts(data / "drafts")
    desk = Desk(manage, Watch(fleet), boards, drafts, Editors(), url, data)
    return ConsoleServer(
        listener, desk, People(manage), code, lambda: _start(fleet, boards, kinds, demo)
    )


async def _start(fleet: Fleet, boards: Boards, kinds: Sequence[str], demo: bool) -> None:
    """Start these boards with the oldest app, or with a new one from the first example."""
    if demo:
        await fill(fleet, boards)
    if not kinds:
        return
    apps = await fleet.apps()
    aid = apps[0].aid if apps else await fleet.create_app("Hello", examples()[0].files())
    for kind in kinds:
        boards.start(kind, aid)
