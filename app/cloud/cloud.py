"""The objects that all requests share: the database, the key pair, the clock, the OS files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.cloud.event_notifier import EventNotifier
from app.cloud.srsa import KeyPair
from app.cloud.store import Store

# Longer than any working Thing is silent: the longest interval is a week.
SESSION_S = 90 * 86400.0


def _nobody(_text: str) -> None:
    pass


@dataclass(frozen=True)
class Cloud:
    """The parts of a running cloud.

    `clock` returns seconds since 1970 UTC; `dist` is the folder that holds PythingsOS/V/P, if any;
    `tls` is the `ssl` setting of new apps: whether this server speaks TLS. `warn` is called with
    notices for a person, which no Thing can be told. A session ends after `session_s` seconds
    without use; 0 for never. `mails`: it sends e-mail.
    """

    store: Store
    keys: KeyPair
    clock: Callable[[], float]
    notifier: EventNotifier
    dist: Path | None = None
    tls: bool = False
    warn: Callable[[str], None] = _nobody
    session_s: float = SESSION_S
    mails: bool = False
