"""An OS release on its way into its slot: only what has changed, and nothing that is not verified.

`domain/security/trust.py` decides, this fetches and stores. T4 and so on: `docs/security.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

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

_BLOCK = 4096  # of the file systems of boards: what a file takes is a multiple of it
_MARGIN = 16384  # for readings, the journal and the app meanwhile

_NEW = "os.new"  # the folder of what is not verified yet
_MANIFEST = "os.new/release.txt"
_PATCH = "os.new/patch"

# Where the factory's OS lies, if it lies in files that can be read; "" on boards of old.
_FACTORY = ("os/", "", "rom/")


class Install:
    """`version` into the slot that is not in use. What is whole there after a cut link stays."""

    def __init__(self, thing: Thing, version: str) -> None:
        self.thing = thing
        self.version = version
        self.platform = thing.system.platform()
        self.folder = "os.%s/" % other(thing.journal.os)
        place = thing.journal.os.place
        self.sources = ("os.%s/" % place,) if place else _FACTORY
        # Of the manifest that was verified: its text, as an object, would keep all the code of its
        # class in memory while the files are fetched.
        self.size = 0
        self.digest = b""
        self.number = 0  # of the release
        self.refusal: Any = None  # what a later key list may make up for
        self.steps = 0  # key lists that were caught up with
        self.patched = 0  # the line of the manifest that has a patch from what runs
        self.patch: Patch | None = None
        self.unpatched = False  # there is no patch, or none to be had

    def run(self) -> None:
        """Raises ThingError; the slot is then not to be started."""
        thing = self.thing
        try:
            trusted(thing)  # without a key list there is no use in asking
            self._store("release.txt")
            following = self._verify()
            while following:
                self._catch_up(following)
                following = self._verify()
            if thing.journal.os.previous:  # what is to be overwritten is nothing to go back to
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
        """Gives 0 if the manifest may be installed here, or the number of the key list that may
        make it so; raises if none can."""
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
                pass  # first all of it is read
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
        """Take the key list of this number, the next one; without it what was refused stays so."""
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
        # First the copy: one that stays older would bring revoked keys back with a flipped bit.
        thing.storage.replace(COPY, data)
        thing.storage.replace(TRUST, data)

    def _store(self, name: str) -> None:
        """A text of which nothing is known yet, in a file: there is no memory for it on some boards
        beside what fetches it."""
        with self.thing.storage.receive(_NEW + "/" + name) as file:
            source = self.thing.cloud.os_file(self.version, self.platform, name)
            pour(Bounded(source, MAX_TEXT, "T1", name + " is too long"), file.write)

    def _lines(self) -> Iterator[bytes]:
        """Of the manifest, as they lie there now."""
        return lines(self.thing.storage.source(_MANIFEST))

    def _each(self, only: int = 0) -> Iterator[File]:
        """What the manifest lists. What was told counts only when this has ended: if the bytes are
        not those that were verified, it raises."""
        return Release(self.size, self.digest, self.thing.crypto, only).files(self._lines())

    def _entry(self, number: int) -> tuple[str, int, str, str]:
        """The file, or the patch, in this line of the manifest: name, size, digest, encoding."""
        return list(self._each(number))[0][2:]

    def _missing(self) -> list[int]:
        """The lines of what is not there yet, or not whole. What does not belong there goes."""
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
        """Whether there is this very file. T9"""
        try:
            checked(self.thing.storage.source(folder + name), len, name, size, digest)
        except ThingError:
            return False
        return True

    def _here(self, name: str, size: int, digest: str, _encoding: str) -> bool:
        """Whether it could be had without the cloud: it is the same in the OS that runs."""
        storage = self.thing.storage
        content = ("version='%s'\n" % self.version).encode()
        made = self.thing.crypto.sha256(content)
        if name == "version.py" and digest == digest_text(made):  # known without asking
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
        """Make it of what runs, if the release says how; a patch that is of no use costs no more
        than the files that then come whole."""
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
        """From what runs to this release. T9"""
        if self.patch is None and not self.unpatched:
            self.unpatched = not self.patched
            if self.patched:
                version, size, digest, encoding = self._entry(self.patched)
                if not self._same(_NEW + "/", "patch", size, digest):
                    self._transfer(_PATCH, "patch." + version, size, digest, encoding)
                self.patch = Patch(self.thing.storage, _PATCH)
        return self.patch

    def _transfer(self, path: str, name: str, size: int, digest: str, encoding: str) -> None:
        """From the cloud to `path`, whole and verified."""
        storage, packed = self.thing.storage, "%s/%s" % (_NEW, name)
        with storage.receive(packed if encoding == "d" else path) as file:
            source = self.thing.cloud.os_file(self.version, self.platform, name)
            if encoding != "t":
                source = Base64(name, source)
            if encoding == "d":  # no larger than what it becomes
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
                # No fault of the storage, but of what came.
                raise refused("T9", "%s is not what was signed" % name) from None
            storage.remove(packed)
        self.thing.tell(INFO, "fetched", file=name, version=self.version)
