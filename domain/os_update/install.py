"""The installation of an OS release into its slot: only changed files, and only verified ones.

`domain/security/trust.py` decides, this fetches and stores. T4 and so on: `docs/security.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

import attrs

from domain.errors import CloudError, DeviceError, LinkError, ThingError
from domain.health import journal as journals
from domain.health.slots import other
from domain.levels import INFO
from domain.os_update.checked_streams import Base64, Bounded, checked
from domain.os_update.lines import lines
from domain.os_update.manifest import Release, number_of
from domain.os_update.patch import Patch
from domain.security.keyring import COPY, trusted
from domain.security.signed import MAX_TEXT, Signed, digest_text, refused
from domain.security.trust import MAX_STEPS, next_keys
from domain.settings.parameters import TRUST
from domain.streams import pour
from domain.thing import Thing

if TYPE_CHECKING:
    from domain.os_update.manifest import File

_BLOCK = 4096  # bytes; a file takes a multiple of it in the file systems of boards
_MARGIN = 16384  # bytes for readings, the journal and the app meanwhile

_NEW = "os.new"  # the folder of files that are not verified yet
_MANIFEST = "os.new/release.txt"
_PATCH = "os.new/patch"

# Where the factory's OS lies, if in files that can be read; "" on older boards.
_FACTORY = ("os/", "", "rom/")


class Install:
    """The installation of `version` in the slot that is not in use. Files that are whole there
    after a cut link stay."""

    refusal: CloudError  # that a later key list may resolve: the reason for a catch-up

    def __init__(self, thing: Thing, version: str) -> None:
        self.thing = thing
        self.version = version
        self.platform = thing.system.platform()
        self.folder = "os.%s/" % other(thing.journal.os)
        place = thing.journal.os.place
        self.sources = ("os.%s/" % place,) if place else _FACTORY
        # Of the verified manifest: a `Signed` object would keep the code of its class in memory
        # while the files are fetched.
        self.size = 0
        self.digest = b""
        self.number = 0  # of the release
        self.steps = 0  # key lists fetched to catch up
        self.patched = 0  # the manifest's line of a patch from the running version
        self.patch: Patch | None = None
        self.unpatched = False  # there is no patch, or it cannot be fetched

    def run(self) -> None:
        """Install the release, or raise ThingError; the slot is then not to be started."""
        thing = self.thing
        try:
            trusted(thing)  # without a key list there is no use in asking
            self._store("release.txt")
            following = self._verify()
            while following:
                self._catch_up(following)
                following = self._verify()
            if thing.journal.os.previous:  # a slot to be overwritten is no way back
                thing.journal.os = attrs.evolve(thing.journal.os, previous="")
                journals.save(thing.storage, thing.journal)
            for number in self._missing():
                file = self._entry(number)
                if not self._here(*file) and not self._patched(*file):
                    self._transfer(self.folder + file[0], *file)
            if self._missing():
                raise DeviceError("storage", "it does not keep what is written")
            thing.system.seal(self.folder[:-1])
            thing.storage.remove(_NEW)
        except ThingError as error:
            thing.held_os.hold(self.version, thing.clock.monotonic())
            error.text = "os %s not installed: %s" % (self.version, error.text)
            if not isinstance(error, LinkError):
                thing.storage.remove(_NEW)
                thing.storage.remove(self.folder[:-1])
            raise
        thing.journal.offered = number_of(self.version)
        thing.journal.next_os = self.number

    def _verify(self) -> int:
        """Return 0 if the manifest may be installed here, or the number of the key list that may
        allow it; raise if none can."""
        thing, system = self.thing, self.thing.system
        text, keys = Signed(thing.crypto), trusted(thing)
        for line in self._lines():
            text.line(line)
        text.end()
        self.size, self.digest = text.size, text.digest
        try:
            keys.check(text, "release", thing.crypto)
            release = Release(text.size, text.digest, thing.crypto)
            for _ in release.files(self._lines()):
                pass  # read all of it first
            if release.keys > keys.number:
                raise refused("T3", "it was signed under key list %d" % release.keys)
            keys.check_date(thing.clock.epoch())
        except CloudError as error:
            self.refusal = error
            return keys.number + 1
        release.check(self.platform, system.abi(), thing.clock.epoch())
        release.check_version(self.version, thing.version, thing.journal)
        self.number = release.number
        return 0

    def _catch_up(self, number: int) -> None:
        """Take the key list of this number, the next one; without it the refusal stands."""
        thing, name = self.thing, "keys.%d" % number
        self.steps += 1
        try:
            self._store(name)
        except CloudError as error:
            if error.code != "not_found":
                raise
            self.steps = MAX_STEPS + 1
        if self.steps > MAX_STEPS:
            raise self.refusal
        data = thing.storage.read("%s/%s" % (_NEW, name), MAX_TEXT) or b""
        next_keys(trusted(thing), data, thing.crypto)
        # First the copy: an older one would bring revoked keys back if a bit of the list flips.
        thing.storage.replace(COPY, data)
        thing.storage.replace(TRUST, data)

    def _store(self, name: str) -> None:
        """Store an unverified text in a file: some boards have no memory for it beside the code
        that fetches it."""
        with self.thing.storage.receive(_NEW + "/" + name) as file:
            source = self.thing.cloud.os_file(self.version, self.platform, name)
            pour(Bounded(source, MAX_TEXT, "T1", name + " is too long"), file.write)

    def _lines(self) -> Iterator[bytes]:
        """Return the lines of the manifest, as they are stored now."""
        return lines(self.thing.storage.source(_MANIFEST))

    def _each(self, only: int = 0) -> Iterator[File]:
        """Return the files that the manifest lists. They count only once the iteration has ended:
        it raises if the bytes are not those that were verified."""
        return Release(self.size, self.digest, self.thing.crypto, only).files(self._lines())

    def _entry(self, number: int) -> tuple[str, int, str, str]:
        """Return the file, or the patch, in this line of the manifest: name, size, digest,
        encoding."""
        return list(self._each(number))[0][2:]

    def _missing(self) -> list[int]:
        """Return the manifest's lines of files that are missing or damaged; remove files that do
        not belong there. Raises DeviceError `disk_full` if there is no room."""
        keep: list[str] = []
        missing: list[int] = []
        takes = _MARGIN
        for kind, number, name, size, digest, _encoding in self._each():
            if kind == "f":
                keep.append(self.folder + name)
                if not self._same(self.folder, name, size, digest):
                    missing.append(number)
                    takes += size // _BLOCK * _BLOCK + _BLOCK
            elif name == self.thing.version:
                self.patched = number
        self._sweep(self.folder[:-1], keep)
        free = self.thing.storage.free()
        if takes > free:
            raise DeviceError("disk_full", "it takes %d bytes, and %d are free" % (takes, free))
        return missing

    def _sweep(self, folder: str, keep: list[str]) -> None:
        for name in self.thing.storage.names(folder):
            path = "%s/%s" % (folder, name)
            if path in keep:
                continue
            if self.thing.storage.names(path):
                self._sweep(path, keep)
            else:
                self.thing.storage.remove(path)

    def _same(self, folder: str, name: str, size: int, digest: str) -> bool:
        """Return whether this very file is there. T9"""
        try:
            checked(self.thing.storage.source(folder + name), len, name, size, digest)
        except ThingError:
            return False
        return True

    def _here(self, name: str, size: int, digest: str, _encoding: str) -> bool:
        """Make a file without the cloud, if the running OS has the same; return whether it was
        made."""
        storage = self.thing.storage
        content = ("version='%s'\n" % self.version).encode()
        made = self.thing.crypto.sha256(content)
        if name == "version.py" and digest == digest_text(made):  # known without a download
            storage.replace(self.folder + name, content)
            return True
        for folder in self.sources:
            if self._same(folder, name, size, digest):
                source = storage.source(folder + name)
                with storage.receive(self.folder + name) as file:
                    checked(source, file.write, name, size, digest)
                return True
        return False

    def _patched(self, name: str, size: int, digest: str, _encoding: str) -> bool:
        """Make a file from the running version, if the release has a patch; return whether it was
        made. A useless patch costs no more than fetching the files whole afterwards."""
        thing = self.thing
        try:
            patch = self._patch()
            if patch is None:
                return False
            source = patch.file(name, self.sources)
            with thing.storage.receive(self.folder + name) as file:
                checked(source, file.write, name, size, digest)
        except LinkError:
            raise
        except ThingError as error:
            self.unpatched = self.patch is None
            thing.tell(INFO, "not_patched", file=name, text=error.text)
            return False
        return True

    def _patch(self) -> Patch | None:
        """Return the patch from the running version to this release, or None. T9"""
        if self.patch is None and not self.unpatched:
            self.unpatched = not self.patched
            if self.patched:
                version, size, digest, encoding = self._entry(self.patched)
                if not self._same(_NEW + "/", "patch", size, digest):
                    self._transfer(_PATCH, "patch." + version, size, digest, encoding)
                self.patch = Patch(self.thing.storage, _PATCH)
        return self.patch

    def _transfer(self, path: str, name: str, size: int, digest: str, encoding: str) -> None:
        """Download a file from the cloud to `path`, whole and verified."""
        storage, packed = self.thing.storage, "%s/%s" % (_NEW, name)
        with storage.receive(packed if encoding == "d" else path) as file:
            source = self.thing.cloud.os_file(self.version, self.platform, name)
            if encoding != "t":
                source = Base64(name, source)
            if encoding == "d":  # no larger than the inflated file
                pour(Bounded(source, size, "T9", name + " is larger than stated"), file.write)
            else:
                checked(source, file.write, name, size, digest)
        if encoding == "d":
            try:
                with storage.receive(path) as file:
                    checked(storage.source(packed, True), file.write, name, size, digest)
            except DeviceError as error:
                if error.code != "packed":
                    raise
                # The fault is in the received data, not in the storage.
                raise refused("T9", "%s is not what was signed" % name) from None
            storage.remove(packed)
        self.thing.tell(INFO, "fetched", file=name, version=self.version)
