"""setup: let a person nearby configure the Thing."""

from __future__ import annotations

from domain.errors import DeviceError
from domain.levels import INFO
from domain.lifecycle import CONFIGURED, TIMED_OUT
from domain.thing import Thing

POLL_MS = 1000
UNCONFIGURED_S = 600  # without an app id there is little else to do


class Setup:
    """Offers the portal until it is told to close, or until nobody has used it for a while."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.opened = False
        self.until = 0

    def act(self) -> str | None:
        """Serves for a second; gives CONFIGURED, TIMED_OUT, or None to go on."""
        thing = self.thing
        try:
            if not self.opened:
                thing.portal.open(thing.parameters.tid)
                self.opened = True
                self._put_off()
                thing.tell(INFO, "setup_portal", tid=thing.parameters.tid)
            used, closed = thing.portal.poll(POLL_MS)
        except DeviceError as error:
            thing.portal.close()
            return thing.fail(error, TIMED_OUT)
        if used:
            self._put_off()
        if not closed and thing.clock.monotonic() < self.until:
            return None
        thing.portal.close()
        thing.load_parameters()
        return CONFIGURED if closed else TIMED_OUT

    def _put_off(self) -> None:
        seconds = self.thing.parameters.setup_timeout
        if not self.thing.parameters.aid:
            seconds = UNCONFIGURED_S
        self.until = self.thing.clock.monotonic() + seconds * 1000
