"""What can go wrong, by who is at fault; each error has a code and the next step to take."""

from __future__ import annotations

from typing import Any


class ThingError(Exception):
    """The base of all that the outside world does to a Thing.

    `code` is one of the words that the ports document; `text` says what happened and, after a
    dash, what a person can do about it. `wait_s`: for so many seconds
    the other side does not want to be asked again. `rest`: of what came from the app, the fields
    that are as they should be.
    """

    wait_s = 0
    rest: Any = None

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return self.text


class LinkError(ThingError):
    """The network: no link, no route, no answer, an untrusted certificate."""


class CloudError(ThingError):
    """The cloud: it answered, but not with what was asked for."""


class DeviceError(ThingError):
    """The Thing's own hardware or firmware: storage, memory, a serial line."""


class AppError(ThingError):
    """The owner's app."""


class IllegalEvent(RuntimeError):
    """We are at fault: an event that the lifecycle does not have in this state."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__("no event '%s' in state '%s'" % (event, state))
        self.state = state
        self.event = event
