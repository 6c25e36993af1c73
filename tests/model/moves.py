"""The moves of the world against a Thing, and the sets of them that are tried in every order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from tests.fakes.cloud import DOWN
from tests.fault.flash import LATE, TORN
from tests.model.cloud import DEAD
from tests.model.world import ModelWorld

Act = Callable[[ModelWorld], None]


def _set(part: str, name: str, on: object, off: object = False) -> Act:
    """Return a move that switches a fault on, or off again."""

    def act(world: ModelWorld) -> None:
        target = getattr(world, part) if part else world
        setattr(target, name, off if getattr(target, name) != off else on)

    return act


def _link(world: ModelWorld) -> None:
    link = world.thing.links[0]
    link.fault = "" if link.fault else "no_link"
    world.cloud.down = DOWN if link.fault else None


def _cut(name: str, how: str = TORN) -> Act:
    def act(world: ModelWorld) -> None:
        world.flash.cut, world.flash.how = name, how

    return act


def _settings(**wanted: str) -> Act:
    return lambda world: world.cloud.settings.update(wanted)


def _want(kind: str) -> Act:
    return lambda world: world.want(kind)


def _bug(world: ModelWorld) -> None:
    world.bug = True


def _message(world: ModelWorld) -> None:
    world.cloud.messages.append(("m", "APP", "hello"))


def _pass(world: ModelWorld) -> None:
    """Let time pass."""


MOVES: dict[str, Act] = {
    "time passes": _pass,
    "the cloud goes down, or comes back": _set("cloud", "down", DOWN, None),
    "the network goes, or comes back": _link,
    "the cloud is in trouble (502), or well again": _set("cloud", "trouble", True),
    "the cloud is busy: come back in 900 s": _set("cloud", "busy", True),
    "the cloud forgets the session": lambda world: world.cloud.end_session(),
    "the next reading's request is lost": _set("cloud", "lose", "request", ""),
    "the answer to the next reading is lost": _set("cloud", "lose", "answer", ""),
    "a filter refuses the next reading, for ever": _set("cloud", "refuse_next", True),
    "exchanges take 4 minutes, or are quick again": _set("cloud", "slow", 240_000, 0),
    "the app takes 2 minutes, or is quick again": _set("apps", "slow", 120_000, 0),
    "the app in use hangs from now on, or no longer": _set("apps", "hangs", True),
    "the power goes": lambda world: world.start("power_on"),
    "the watchdog resets the board": lambda world: world.start("watchdog"),
    "a bug of the OS is met": _bug,
    "a bug of the OS is met in a call of the cloud": _set("cloud", "bug", True),
    "an app has spoilt the OS's memory, until a reset": _set("", "spoilt", True),
    "each fetch of an update ends in a MemoryError, or no longer": _set(
        "cloud", "spoils", "memory", ""
    ),
    "each fetch of an update ends in a reset, or no longer": _set("cloud", "spoils", "reset", ""),
    "the disk is full, or has room again": _set("flash", "full_from", 1, 0),
    "there is no room for the journal, or room again": _set("flash", "no_journal", True),
    "the power goes in the next write of the journal": _cut("journal"),
    "the power goes after the next write of the journal": _cut("journal", LATE),
    "the power goes in the next write of an app": _cut("app."),
    "the power goes in the next write of an OS": _cut("os."),
    "the power goes in the next write of settings": _cut("settings."),
    "the power goes in the next write of the queue": _cut("queue"),
    "a message comes": _message,
    "other settings are wanted": _settings(worker_interval="30", backend=""),
    "settings that cut it off are wanted": _settings(backend=DEAD),
    "a good app is wanted": _want("g"),
    "an app whose worker hangs is wanted": _want("h"),
    "an app whose management task hangs is wanted": _want("m"),
    "an app that does not load is wanted": _want("x"),
    "an app that spoils the OS's memory is wanted": _want("s"),
    "a good OS is wanted": _want("0"),
    "an OS that hangs at its start is wanted": _want("1"),
    "an OS that cannot speak to its cloud is wanted": _want("2"),
    "an OS that crashes at its start is wanted": _want("3"),
}


@dataclass(frozen=True)
class Focus:
    """`words`: a move belongs to it if its text has one of them; `settle`: after each move it runs
    until nothing is on trial, else until the next visible event; `depth`: moves, as released."""

    words: tuple[str, ...]
    depth: int
    settle: bool = False

    def moves(self) -> list[str]:
        """Return its moves, mild ones first."""
        return [move for move in MOVES if not self.words or any(it in move for it in self.words)]


_NETWORK = ("time passes", "goes down", "network", "trouble", "busy", "session", "reading")
_UPDATES = ("time passes", "wanted", "update", "watchdog", "disk", "room")
_RELEASES = ("an OS that hangs", "cannot speak", "a good OS", "whose worker", "the watchdog")
_RESETS = ("time passes", "the watchdog", "a bug of the OS is met", "hangs from now on")
_QUEUE = ("time passes", "the cloud goes", "of the queue", "is lost", "met in a call")
_STORAGE = ("time passes", "power", "disk", "goes down", "good", "other settings", "a bug")

FOCI: dict[str, Focus] = {
    "all": Focus((), 2),
    "network": Focus((*_NETWORK, "power goes"), 3),
    "updates": Focus(_UPDATES, 2),
    "storage": Focus(_STORAGE, 3),
    "releases": Focus(_RELEASES, 3, settle=True),
    "resets": Focus(_RESETS, 4, settle=True),
    "queue": Focus(_QUEUE, 4),
    "settled": Focus((), 2, settle=True),
}
