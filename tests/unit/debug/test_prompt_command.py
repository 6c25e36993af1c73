"""The shell's command `prompt` answers, and then leads to the board's own prompt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from adapters.debug import control
from adapters.debug.wire import DONE


def test_it_answers_first():
    shell: Any = SimpleNamespace(ident=7, answered=None)
    shell.reply = lambda ident, kind, value: (ident, kind, value)
    with pytest.raises(KeyboardInterrupt):
        control._prompt(shell, [])
    assert shell.answered == (7, DONE, None)
