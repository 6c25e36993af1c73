"""What the boards with an ESP chip share."""

from __future__ import annotations

from typing import Any

from adapters.micropython.boardfile import load
from adapters.micropython.late import Late
from adapters.micropython.led import PinIndicator
from adapters.micropython.portal import SetupPortal
from adapters.micropython.wifi import WifiLink
from adapters.null import NullIndicator
from domain.levels import WARNING


def late_wifi(storage: Any, clock: Any, wrong: tuple[int, ...]) -> Any:
    """The Wi-Fi station."""
    return Late(_wifi, storage, clock, wrong)


def late_portal(storage: Any, clock: Any, wrong: Any, console: Any, *about: str) -> Any:
    """The setup portal of a Thing, `about`: its platform and version."""
    told = {"platform": about[0], "version": about[1]}
    return Late(_portal, storage, clock, wrong, console, told, [])


def indicator(storage: Any, console: Any) -> Any:
    """The light that the board file names."""
    pins, problems = load(storage, {"led": -1, "led_lit": 1})
    light: Any = NullIndicator()
    if pins["led"] >= 0:
        try:
            light = PinIndicator(pins["led"], pins["led_lit"])
        except (ValueError, TypeError) as error:
            problems.append("there is no pin %d: %s" % (pins["led"], error))
    for problem in problems:
        console.event(WARNING, "board_file", {"text": problem + " - it is not used"})
    return light


def _portal(
    storage: Any, clock: Any, wrong: Any, console: Any, about: dict[str, str], kept: list[Any]
) -> SetupPortal:
    return SetupPortal(storage, clock, _wifi(storage, clock, wrong), console, about, kept)


def _wifi(storage: Any, clock: Any, wrong: tuple[int, ...]) -> WifiLink:
    return WifiLink(storage, clock, wrong)
