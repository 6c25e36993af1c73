"""The buttons that change a rollout, each for the states that have its event."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from nicegui import ui

from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.rollouts import RolloutInfo
from app.cloud.rollouts import rules
from app.console.page import ask, button, filled, form, refusals, text
from app.console.rollouts import Rollouts

_LABELS = {
    rules.PAUSE: ("Pause", "pause"),
    rules.RESUME: ("Resume", "play_arrow"),
    rules.ABORT: ("Abort", "stop"),
    rules.ROLLBACK: ("Roll back", "undo"),
}
_QUESTIONS = {
    rules.RESUME: (
        "Resume this rollout?",
        "Things in trouble so far count no more; the time of the stage begins again.",
    ),
    rules.ABORT: (
        "Abort this rollout?",
        "Things that were asked keep the version, the others that of the pool. It cannot be"
        " resumed, but still be rolled back.",
    ),
}
_NOWHERE = ("", "0", "factory")  # versions that no Thing goes back to


class Actions:
    """The buttons; `changed` is awaited after each change."""

    def __init__(self, its: Rollouts, app: AppInfo, changed: Callable[[], Awaitable[None]]) -> None:
        self._its, self._app, self._changed = its, app, changed
        self._state = ""
        self._place = ui.element("div").classes("line")

    def show(self, it: RolloutInfo) -> None:
        """Show the buttons for the state of the rollout."""
        self._it = it
        if it.state == self._state:
            return  # a press is not lost by a change of its button
        self._state = it.state
        self._place.clear()
        with self._place:
            for state, event, _ in rules.TABLE:
                if state == it.state and event in _LABELS:
                    label, icon = _LABELS[event]
                    first = (state, event) == (rules.HALTED, rules.ROLLBACK)
                    button(label, functools.partial(self._act, event), icon, quiet=not first)

    async def _act(self, event: str) -> None:
        if event == rules.ROLLBACK:
            await self._roll_back()
            return
        if event in _QUESTIONS and (event, self._it.state) != (rules.RESUME, rules.PAUSED):
            sure = {False: "Cancel", True: _LABELS[event][0]}
            if not await ask(*_QUESTIONS[event], sure, closed=False):
                return
        with refusals():
            await self._its.change(self._it.id, event)
        await self._changed()

    async def _roll_back(self) -> None:
        targets = await self._targets()
        with form("Roll back", "Roll back") as dialog:
            text(
                "p",
                f"All Things of {self._it.pool} are asked for the version that you choose, also"
                " those that have confirmed.",
            )
            if not targets:
                text("p", "There is no other version to go back to.", "note bad")
            choice = ui.select(targets, value=next(iter(targets), None), label="Version")
            choice.props("outlined")
        if not await filled(dialog) or choice.value is None:
            return
        with refusals():
            await self._its.roll_back(self._it.id, str(choice.value))
        await self._changed()

    async def _targets(self) -> dict[str, str]:
        """Return the versions to go back to, that of before first."""
        it, versions = self._it, list(reversed(self._app.versions))
        if it.what == "os":
            with refusals():
                versions = list(dict.fromkeys(one.version for one in await self._its.releases()))
        targets = {name: name for name in versions if name != it.version}
        if it.before.lower() in _NOWHERE:
            return targets
        return {it.before: f"{it.before}, that of before", **targets}
