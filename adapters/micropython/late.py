"""What is needed now and then, made when it is needed: on a board its code is loaded then, and can
be dropped again."""

from __future__ import annotations

from typing import Any, Callable


class Late:
    """Stands for `make(*arguments)`, which keeps no state from one use to the next."""

    def __init__(self, make: Callable[..., Any], *arguments: Any) -> None:
        self._make = make
        self._arguments = arguments

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(*self._arguments), name)
