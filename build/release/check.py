"""Verification of a release or an app as on a Thing, reported key by key and file by file."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from adapters.linux.clock import LinuxClock
from adapters.linux.crypto import LinuxCrypto
from adapters.linux.storage import LinuxStorage
from build.release.appsign import said
from build.release.earlier import manifest, unpacked
from build.release.texts import PATCH
from domain.app.signed_app import MAX_SIZE, NAME, Wrapped, fetch
from domain.app.signed_app import SIGN as APP_SIGN
from domain.errors import CloudError, ThingError
from domain.os_update.install import Install
from domain.security.signed import MAX_TEXT, Signed, signed
from domain.security.trust import MAX_STEPS, Keys, first_keys, next_keys
from domain.settings.parameters import TRUST, Parameters
from domain.streams import gather
from domain.thing import Thing
from ports.storage import Source

CRYPTO = LinuxCrypto()
_APP = "app.a"


@dataclass
class Held:
    """A key, a key list or a file: whether it is valid, and the reason."""

    name: str
    holds: bool
    why: str


@dataclass
class Report:
    """The result of a verification.

    `refusal`: the error of a Thing that refuses it, "" if a Thing takes it; `said`: the statements
    of its manifest, only if the signatures are valid.
    """

    what: str
    refusal: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    keys: list[Held] = field(default_factory=list)
    files: list[Held] = field(default_factory=list)

    def value(self) -> dict[str, Any]:
        """Return the report as a JSON object, with `taken`: whether a Thing takes it."""
        return {**asdict(self), "taken": not self.refusal}


def release(cloud: Any, version: str, platform: str, trust: bytes, running: str) -> Report:
    """Verify an OS release as a Thing does that installs it.

    `trust`: the key list that the Thing has; `running`: the OS that runs there, "" for the oldest
    that the release says to replace. Raise LinkError if the cloud cannot be reached.
    """
    report = Report("OS %s for %s" % (version, platform))
    abi = "any"

    def get(name: str) -> bytes:
        return _got(cloud.os_file(version, platform, name), MAX_SIZE * 2)

    try:
        data = get("release.txt")
        text = signed(data, CRYPTO)
        if _believed(report, text, "release", _lists(report, trust, get)):
            value, files = manifest(data)
            abi, running = value.said[3][0], running or value.said[4][0]
            report.said = {"version": value.version, "number": value.number, "abi": abi}
            report.said["expires"] = int(value.said[5][0])
            for kind, name, size, digest, encoding in files:
                path = name if kind == "f" else PATCH + name
                report.files.append(_file(path, get, size, digest, encoding))
    except CloudError:
        pass  # the report has the Thing's error
    thing = _thing(cloud, trust, platform, abi, running or "0.0.0")
    report.refusal = _tried(thing, lambda: Install(thing, version).run())
    bad = [held.name for held in report.files if not held.holds]
    if bad and not report.refusal:  # a patch: the Thing downloads the whole files instead
        report.said["without"] = bad
    return report


def app(cloud: Any, version: str, aid: str, trust: bytes) -> Report:
    """Verify a version of an app as a Thing does that takes signed apps only."""
    report = Report("app %s of %s" % (version, aid))
    thing = _thing(cloud, trust, "", "", "0.0.0")
    thing.parameters = Parameters(aid=aid, apps="signed")

    report.refusal = _tried(thing, lambda: fetch(thing, version, _APP))
    try:
        data = _got(cloud.app_file(version, NAME), MAX_TEXT)
        at, end = data.find(b"# pythings-app"), data.rfind(b"\nversion='")
        data = data[max(0, at) : end].rstrip(b"\n") + b"\n"
        text = signed(data, CRYPTO, APP_SIGN)
        if _believed(report, text, "app", [first_keys(trust, CRYPTO)]):
            value = said(data)
            report.said = {"app": value.aid, "number": value.number, "keys": value.keys}
            for name, size, digest in value.files:
                report.files.append(_app_file(cloud, version, name, size, digest))
    except CloudError:
        pass  # the report has the Thing's error
    return report


def _lists(report: Report, trust: bytes, get: Callable[[str], bytes]) -> list[Keys]:
    """Return the Thing's key list and the valid lists that the cloud serves after it."""
    found = [first_keys(trust, CRYPTO)]
    while len(found) <= MAX_STEPS:
        name = "keys.%d" % (found[-1].number + 1)
        try:
            found.append(next_keys(found[-1], get(name), CRYPTO))
        except CloudError as error:
            if error.code != "not_found":
                report.keys.append(Held(name, False, error.text))
            break
        report.keys.append(Held(name, True, "follows the list before it"))
    return found


def _believed(report: Report, text: Signed, role: str, lists: list[Keys]) -> bool:
    """Report on each key, and decide whether one of the lists accepts the text.

    The lists are tried in a Thing's order; the report is on the first that accepts, or on the last.
    """
    for keys in lists:
        good = True
        try:
            keys.check(text, role, CRYPTO)
        except CloudError:
            good = False
        if good or keys is lists[-1]:
            report.keys += _keys(keys, text, role)
            return good
    return False


def _keys(keys: Keys, text: Signed, role: str) -> list[Held]:
    by, found = dict(text.signatures), []
    listed = "key list %d, of which %d must sign" % (keys.number, keys.needs[role])
    for name, modulus in keys.moduli.items():
        kind, key = name.split(" ")
        if kind == role:
            why = "has not signed"
            good = key in by and CRYPTO.verify(modulus, by[key], text.digest)
            if key in by:
                why = "has signed this" if good else "its signature is not over this text"
            if key in keys.revoked:
                good, why = False, "was revoked"
            found.append(Held("%s key %s" % (role, key), good, "%s (%s)" % (why, listed)))
    for key in by:
        if "%s %s" % (role, key) not in keys.moduli:
            why = "is revoked" if key in keys.revoked else "is none"
            found.append(Held("%s key %s" % (role, key), False, "%s in %s" % (why, listed)))
    return found


def _file(name: str, get: Callable[[str], bytes], size: int, digest: str, encoding: str) -> Held:
    try:
        unpacked(get(name), size, digest, encoding)
        return Held(name, True, "as signed")
    except (ValueError, zlib.error) as error:
        return Held(name, False, "not as signed: %s" % error)
    except CloudError as error:
        return Held(name, False, error.text)


def _app_file(cloud: Any, version: str, name: str, size: int, digest: str) -> Held:
    try:
        _got(Wrapped(name, size, digest, version, cloud.app_file(version, name)), MAX_SIZE * 2)
        return Held(name, True, "as signed")
    except CloudError as error:
        return Held(name, False, error.text)


def _got(source: Source, most: int) -> bytes:
    data = gather(source, most)
    if len(data) > most:
        raise CloudError("wrong", "it is too long")
    return data


def _tried(thing: Thing, do: Callable[[], None]) -> str:
    with tempfile.TemporaryDirectory() as place:
        thing.storage = LinuxStorage(place)
        thing.storage.replace(TRUST, thing.given[TRUST])
        try:
            do()
        except ThingError as error:
            return error.text
    return ""


class _Board:
    """A system and a console that only name the platform and the ABI."""

    def __init__(self, platform: str, abi: str) -> None:
        self.platform = lambda: platform
        self.abi = lambda: abi

    def seal(self, folder: str) -> None:
        """Leave the files of the folder where they are."""

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Ignore the event."""


def _thing(cloud: Any, trust: bytes, platform: str, abi: str, running: str) -> Thing:
    board: Any = _Board(platform, abi)
    no: Any = None
    given = {TRUST: trust}
    return Thing(LinuxClock(), no, [], cloud, CRYPTO, board, no, no, no, board, running, "", given)
