"""The access to the mobile network, from files."""

from __future__ import annotations

from domain.errors import DeviceError
from ports.storage import Storage

NAMES = ("apn", "apn_user", "apn_password", "sim_pin")


class Files:
    """The access, from files of these names; read each time that it is needed."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def access(self) -> tuple[str, str, str, str]:
        """Return the APN, its user and password, and the PIN; "" for an unreadable file."""
        found = []
        for name in NAMES:
            try:
                found.append((self._storage.read(name, 128) or b"").decode().strip())
            except (DeviceError, UnicodeError):
                found.append("")
        return found[0], found[1], found[2], found[3]
