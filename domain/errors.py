"""The errors of a Thing, one class for each party at fault; each has a code and the next step."""

from __future__ import annotations


class ThingError(Exception):
    """The base of the errors that come from outside the domain.

    `code` is one of the words that the ports document; `text` describes the error and, after a
    dash, the remedy for a person. `wait_s`: seconds for which the other side asks not to be
    contacted again. `rest`: the valid fields of a value that the app returned.
    """

    wait_s = 0
    rest: object = None

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return self.text


class LinkError(ThingError):
    """The network: no link, no route, no answer, an untrusted certificate."""


class CloudError(ThingError):
    """The cloud: it answered, but did not fulfil the request."""


class DeviceError(ThingError):
    """The Thing's own hardware or firmware: storage, memory, a serial line."""


class AppError(ThingError):
    """The owner's app."""


class IllegalEvent(RuntimeError):
    """A bug of the OS itself: an event that the lifecycle does not have in this state."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__("no event '%s' in state '%s'" % (event, state))
        self.state = state
        self.event = event
