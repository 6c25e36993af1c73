"""connect: bring up the first link that leads to the cloud."""

from __future__ import annotations

from domain.errors import DeviceError, LinkError
from domain.levels import INFO, WARNING
from domain.lifecycle import LINKED, NO_LINK
from domain.settings.values import split_host
from domain.thing import CYCLES, Thing

QUICK_MS = 10000  # from a start by power to the next, where a person cycles it to be heard


def steady(thing: Thing) -> None:
    """Power has lasted: this start does not count (domain/states/boot.py)."""
    thing.quick = False
    try:  # noqa: SIM105 - a board has no contextlib
        thing.storage.remove(CYCLES)
    except DeviceError:
        pass  # once, the portal may open unasked: for who knows its password


class Connect:
    """Tries each link that the board has, in the board's order: Wi-Fi first, then cellular."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def act(self) -> str:
        """Gives LINKED or NO_LINK."""
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
