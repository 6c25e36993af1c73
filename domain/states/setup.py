"""setup: let a person nearby configure the Thing."""

from __future__ import annotations

from domain.errors import DeviceError
from domain.levels import INFO
from domain.lifecycle import CONFIGURED, TIMED_OUT
from domain.thing import Thing

POLL_MS = 1000
URL = "http://192.168.4.1"  # of an ESP's access point
MOST_S = 600  # also the wait for use without an app id: there is little else to do


class Setup:
    """The open portal: until its user closes it or it is unused for a while, and never for longer
    than MOST_S (docs/security.md, 9)."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.opened = False
        self.until = self.end = 0

    def act(self) -> str | None:
        """Serve the portal for a second; return CONFIGURED, TIMED_OUT, or None to go on."""
        thing = self.thing
        try:
            if not self.opened:
                thing.portal.open(thing.parameters.tid)
                self.opened = True
                self.end = thing.clock.monotonic() + MOST_S * 1000
                self._put_off()
                tid = thing.parameters.tid
                thing.tell(INFO, "setup_portal", tid=tid, join="Thing_" + tid, url=URL)
            used, closed = thing.portal.poll(POLL_MS)
        except DeviceError as error:
            thing.portal.close()
            return thing.fail(error, TIMED_OUT)
        if used:
            self._put_off()
        if not closed and thing.clock.monotonic() < min(self.until, self.end):
            return None
        thing.portal.close()
        thing.load_parameters()
        return CONFIGURED if closed else TIMED_OUT

    def _put_off(self) -> None:
        seconds = self.thing.parameters.setup_timeout
        if not self.thing.parameters.aid:
            seconds = MOST_S
        self.until = self.thing.clock.monotonic() + seconds * 1000
