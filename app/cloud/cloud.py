"""What every request works with: the database, the key pair, the clock, the OS files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.cloud.bell import Bell
from app.cloud.srsa import KeyPair
from app.cloud.store import Store

# Every data folder starts with this account; its name serves as a Thing's aid too.
ACCOUNT = "local"


def _nobody(_text: str) -> None:
    pass


@dataclass(frozen=True)
class Cloud:
    """The parts of a running cloud.

    `clock` returns seconds since 1970 UTC; `dist` is the folder that holds PythingsOS/V/P, if any;
    `tls` is what new apps get as their `ssl` setting: what this server speaks. `warn` is told what
    a person should know, and no Thing can be told.
    """

    store: Store
    keys: KeyPair
    clock: Callable[[], float]
    bell: Bell
    dist: Path | None = None
    tls: bool = False
    warn: Callable[[str], None] = _nobody
