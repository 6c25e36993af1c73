"""The settings that make a board its owner's: its network, its App, its cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from app.cli import runoptions
from app.install.errors import InstallError
from app.shell.mpremote import RawPrompt
from app.simulator.errors import SimError
from app.simulator.system import certificate
from domain.settings import networks
from ports.storage import Storage

# The parameters that can be given here (domain/settings/parameters.py).
NAMES = ("aid", "tid", "backend", "pool", "cloud_key", "apn")


class BoardStorage(Protocol):
    """The files of a board."""

    def read(self, name: str, limit: int = 0) -> bytes | None:
        """Return a file's content, None without it."""

    def replace(self, name: str, content: bytes) -> None:
        """Write a file."""


@dataclass
class HeldFiles:
    """Files in memory, for an image."""

    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, name: str, _limit: int = 0) -> bytes | None:
        """Return a file's content, None without it."""
        return self.files.get(name)

    def replace(self, name: str, content: bytes) -> None:
        """Write a file."""
        self.files[name] = content


@dataclass
class OnBoard:
    """Files on a board, through MicroPython's prompt."""

    prompt: RawPrompt

    def read(self, name: str, _limit: int = 0) -> bytes | None:
        """Return a file's content, None without it. Raise `ShellError`."""
        return self.prompt.get(name)

    def replace(self, name: str, content: bytes) -> None:
        """Write a file. Raise `ShellError`."""
        self.prompt.put(name, content)


@dataclass(frozen=True)
class Provisioning:
    """Parameters by name, the authority's certificate, and a Wi-Fi network ("" for none)."""

    files: dict[str, bytes]
    wifi: str = ""
    password: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.files or self.wifi)

    def onto(self, storage: BoardStorage) -> None:
        """Write it all; a board's other networks and parameters stay."""
        for name, content in self.files.items():
            storage.replace(name, content)
        if self.wifi:
            # It reads and replaces one file.
            networks.add(cast(Storage, storage), self.wifi, self.password)


def provisioning(given: dict[str, str], wifi: str, password: str, ca: Path | None) -> Provisioning:
    """Check the values as a Thing does. Raise `InstallError` for one that it would not take."""
    wrong = runoptions.wrong(given)
    problem = networks.problem(wifi, password) if wifi else ""
    if wrong or problem:
        raise InstallError("%s - correct it" % (wrong or problem))
    files = {name: value.encode() for name, value in given.items()}
    if ca is not None:
        try:
            files["ca"] = certificate(ca)
        except SimError as error:
            raise InstallError(str(error)) from None
    return Provisioning(files, wifi, password)
