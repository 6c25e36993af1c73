"""connect: bring up the first link that leads to the cloud."""

from __future__ import annotations

from domain.errors import DeviceError, LinkError
from domain.levels import INFO, WARNING
from domain.lifecycle import LINKED, NO_LINK
from domain.settings.values import split_host
from domain.thing import CYCLES, Thing

QUICK_MS = 10000  # of uptime; a start that lasts longer does not count as a power cycle


def steady(thing: Thing) -> None:
    """Clear the count of quick starts, as power has lasted (domain/states/boot.py)."""
    thing.quick = False
    try:  # noqa: SIM105 - a board has no contextlib
        thing.storage.remove(CYCLES)
    except DeviceError:
        pass  # the portal may open unasked, once; its password still protects it


class Connect:
    """The search for a working link, in the board's order: Wi-Fi first, then cellular."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def act(self) -> str:
        """Try each link; return LINKED or NO_LINK."""
        event = self._connect()
        if self.thing.quick and self.thing.clock.monotonic() >= QUICK_MS:
            steady(self.thing)
        return event

    def _connect(self) -> str:
        thing = self.thing
        host = split_host(thing.backend()[0], "")[0]
        trouble = LinkError("no_link", "this board has no network")
        for link in thing.links:
            try:
                link.up(host)
            except LinkError as error:
                trouble = error
                thing.tell(WARNING, "link", code=error.code, text=error.text)
                continue
            status = link.status()
            thing.linked = True
            thing.exposed = thing.unverified or "exposed" in status
            thing.tell(INFO, "link", **status)
            return LINKED
        thing.linked = False
        return thing.fail(trouble, NO_LINK)
