"""README's first app, read as a program: the commands of its terminal, the clicks in its page.

In a numbered step each label in bold belongs to the verb before it: click, enter, paste, see.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import process_lifetime
from app.cloud.api.body import parse_json
from tests.console.site import NAME, PASSWORD

CHECKOUT = Path(__file__).resolve().parents[2]
README = CHECKOUT / "README.md"
TITLE = "Your first app in five minutes"
_COMMANDS = re.compile(r"(?ms)^```sh\n(.*?)^```$")
_STEP = re.compile(r"(?m)^\d+\. .*(?:\n(?:   .*)?)*")
_CODE = re.compile(r"(?ms)^   ```python\n(.*?)^   ```$")
_WORD = re.compile(r"(?i)\b(click|enter|paste|see)\b|\*\*(.+?)\*\*", re.DOTALL)
# Beside the README's words: no port that is in use, no browser but the one that is driven.
_OPTIONS = ("--json", "--no-browser", "--port", "0", "--console-port", "0")
_TYPED = {"Name": NAME, "Password": PASSWORD}


@dataclass(frozen=True)
class Action:
    """A thing to do in the page; `code` is to be pasted."""

    verb: str
    label: str
    code: str


@dataclass(frozen=True)
class Tutorial:
    """The section's commands, in their order, then its actions."""

    commands: list[str]
    actions: list[Action]


def read(page: str) -> Tutorial:
    """Return the tutorial in the text of the README; raise ValueError if it cannot be followed."""
    found = re.search(rf"(?ms)^## {TITLE}\n(.*?)(?=^## |\Z)", page)
    if found is None:
        raise ValueError(f"no section {TITLE!r}")
    commands = [line for block in _COMMANDS.findall(found[1]) for line in block.splitlines()]
    actions = [action for step in _STEP.findall(found[1]) for action in _actions(step)]
    return Tutorial(commands, actions)


def _actions(step: str) -> list[Action]:
    block = _CODE.search(step)
    code = textwrap.dedent(block[1]) if block else ""
    actions: list[Action] = []
    verb = ""
    for word in _WORD.finditer(_CODE.sub("", step)):
        if word[1]:
            verb = word[1].lower()
            continue
        label = " ".join(word[2].split())
        if not verb or (verb == "paste" and not code):
            raise ValueError(f"there is no telling what to do with {label!r}")
        actions.append(Action(verb, label, code if verb == "paste" else ""))
    if code and not any(action.code for action in actions):
        raise ValueError(f"nothing says where to paste {code!r}")
    return actions


def perform(page: Any, action: Action) -> None:
    """Do in the page as its reader would; fail if it has no such place."""
    if action.verb == "see":
        page.get_by_text(action.label).first.wait_for()
    elif action.verb == "enter":
        page.get_by_label(action.label).fill(_TYPED[action.label])
    elif action.verb == "paste":
        page.get_by_role("tab", name=action.label).click()
        page.locator(".cm-content:visible").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(action.code)
    else:
        place = page.get_by_role("button", name=action.label)
        place.or_(page.get_by_role("link", name=action.label)).first.click()


@contextmanager
def up(command: str, folder: Path, data: Path) -> Iterator[str]:
    """Run the README's last command, and yield the page's address once it answers."""
    process = process_lifetime.start(
        [*shlex.split(command), *_OPTIONS],
        cwd=folder,
        env={**os.environ, "PYTHINGS_CLOUD_DATA": str(data)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    with process:
        ready = parse_json(process.stdout.readline())
        rest = threading.Thread(target=process.stdout.read)
        rest.start()
        try:
            yield ready["console"]
        finally:
            process.terminate()
            rest.join()
    assert process.returncode == 0
