"""Talking with a Thing: messages to its app, and commands to its shell, as conversations."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from app.cloud.tables.messages import Message
from app.console.page import button, refusals, text

_MOST = 40  # of a conversation, the newest
_STATES = {"queued": "waits for the Thing", "delivered": "the Thing has it"}

Send = Callable[[str], Awaitable[None]]


class Talk:
    """One conversation: `kind` is APP or CMD; `send` is given the typed text."""

    def __init__(self, kind: str, title: str, advice: str, label: str, send: Send) -> None:
        self._kind = kind
        self._send = send
        self._shown: list[tuple[Any, ...]] = []
        with ui.element("section").classes("card"):
            with ui.element("div").classes("card-head"):
                text("h2", title)
            self._advice = text("p", advice, "soft")
            self._list = (
                ui.element("div")
                .classes("talk")
                .props(f'role="log" tabindex="0" aria-label="{title}"')
            )
            with ui.element("div").classes("line"):
                self._input = ui.input(placeholder=label).classes("grow")
                self._input.props(f'outlined dense aria-label="{label}" maxlength=8000')
                self._input.on("keydown.enter", self._say)
                button("Send", self._say)

    async def _say(self) -> None:
        given = str(self._input.value or "").strip()
        if not given:
            return
        with refusals():
            await self._send(given)
            self._input.value = ""

    def show(self, messages: list[Message]) -> None:
        """Show the messages of its kind, oldest first."""
        mine = [one for one in messages if one.type == self._kind][-_MOST:]
        state = [(one.mid, one.status, one.reply) for one in mine]
        if state == self._shown:
            return
        self._shown = list(state)
        self._advice.set_visibility(not mine)
        self._list.set_visibility(bool(mine))
        self._list.clear()
        with self._list:
            for one in mine:
                text("div", _written(one.msg), "said pre")
                waits = _STATES.get(one.status)
                if waits:
                    text("div", waits, "soft small")
                else:
                    text("div", _written(one.reply) or "(no reply)", "reply pre")
        ui.run_javascript(
            f"const e = getHtmlElement({self._list.id}); if (e) e.scrollTop = e.scrollHeight"
        )


def read(given: str) -> Any:
    """Return the value of a typed text that is JSON, else the text."""
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return given


def _written(value: Any) -> str:
    if value is None:
        return ""
    shown = value.rstrip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 20_000 else f"{shown[:20_000]}..."
