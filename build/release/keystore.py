"""A folder of keys: the private halves, and every key list since the first."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from adapters.linux import inputs
from adapters.linux.crypto import LinuxCrypto
from app.digits import is_number
from build.release import signing
from build.release.signing import ReleaseError, Signer
from build.release.texts import KeyList, id_of, key_list, signed
from domain.errors import CloudError
from domain.security import trust
from domain.security.signed import MAX_SIGNATURES, MAX_TEXT

ROLES = trust.ROLES
PASSWORD = "PYTHINGS_KEY_PASSWORD"  # noqa: S105 - where to look for it

_LIST = "keys."


class KeyStore:
    """The keys in a folder; `ask(path)` returns the password of an encrypted key."""

    def __init__(self, folder: Path, ask: Callable[[Path], str]) -> None:
        self.folder = folder
        self._ask = ask

    @property
    def lists(self) -> list[Path]:
        """All key lists, from the first on."""
        found = [path for path in self.folder.glob(_LIST + "*") if is_number(path.suffix[1:])]
        return sorted(found, key=lambda path: int(path.suffix[1:]))

    @property
    def newest(self) -> Path:
        """The list in force, which a Thing is given to trust."""
        if not self.lists:
            raise ReleaseError(
                "there are no keys in %s - make some with `pythings keys new`" % self.folder
            )
        return self.lists[-1]

    def current(self) -> KeyList:
        """Return the list in force, to derive the next one from it."""
        return key_list(self.verified())

    def verified(self) -> trust.Keys:
        """Verify all lists from the first one on, as a Thing would; return the one in force."""
        crypto = LinuxCrypto()
        newest = self.newest
        try:
            first, *rest = [inputs.data(path, MAX_TEXT) for path in self.lists]
            keys = trust.first_keys(first, crypto)
            for data in rest:
                keys = trust.next_keys(keys, data, crypto)
        except CloudError as error:
            text = "the key lists in %s do not follow each other: %s" % (self.folder, error)
            raise ReleaseError(text) from None
        except OSError as error:
            raise ReleaseError("%s cannot be read: %s" % (error.filename, error.strerror)) from None
        if newest.name != _LIST + str(keys.number):
            raise ReleaseError("%s is key list %d - name it so" % (newest, keys.number))
        return keys

    def private(self, key: str) -> Path | None:
        """Return the path of a public key's private half, or None if it is not in the folder."""
        found = sorted(self.folder.glob("*-%s.pem" % id_of(key)))
        return found[0] if found else None

    def open(self, path: Path) -> Signer:
        """Load a private key; ask for its password if it is encrypted."""
        return signing.load(path, self._ask(path) if signing.encrypted(path) else "")

    def signers(self, keys: KeyList, role: str, more: list[Path] | None = None) -> list[Signer]:
        """Return enough signers of a role, from the folder and the paths in `more`.

        Raise `ReleaseError` if they are fewer than the list in force needs.
        """
        known = keys.keys.get(role, [])
        if not known:
            raise ReleaseError(
                "the key list has no %s keys - `pythings keys new --%s 1` makes one that has, for"
                " Things that are given it" % (role, role)
            )
        found = {}
        for path in [*(self.private(key) for key in known), *(more or [])]:
            if path is not None:
                signer = self.open(path)
                if signer.public in known:
                    found[signer.id] = signer
                elif more and path in more:
                    raise ReleaseError("%s is not a %s key of the list in force" % (path, role))
        if len(found) < keys.needs[role]:
            raise ReleaseError(
                "%d of the %d %s keys that it needs are here - give the others with --key"
                % (len(found), keys.needs[role], role)
            )
        # One less than a text may have: the successor of a root key signs beside it.
        most = max(keys.needs[role], MAX_SIGNATURES - 1)
        return [found[one] for one in sorted(found)[:most]]

    def make(self, role: str, password: str) -> Signer:
        """Create a new private key in the folder."""
        signer = signing.make()
        signer.save(self.folder / ("%s-%s.pem" % (role, signer.id)), password)
        return signer

    def write(self, keys: KeyList, signers: list[Signer]) -> Path:
        """Add a key list to the folder, after checking it as a Thing would."""
        data = signed(keys.text(), signers)
        try:
            if self.lists:
                trust.next_keys(self.verified(), data, LinuxCrypto())
            else:
                trust.first_keys(data, LinuxCrypto())
        except CloudError as error:
            raise ReleaseError("a Thing would not take this list: %s" % error) from None
        path = self.folder / (_LIST + str(keys.number))
        try:
            with path.open("xb") as file:
                file.write(data)
        except OSError as error:
            raise ReleaseError("%s cannot be written: %s" % (path, error.strerror)) from None
        return path
