"""`pythings trust`: tells whether a Thing would accept a release or an app, key by key."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from adapters.cloud.gateway import Gateway
from adapters.linux import inputs
from adapters.linux.console import printable
from adapters.linux.crypto import LinuxCrypto
from app.boards.linux import MAX_ANSWER, by_sockets
from app.cli.keys import ask, folder
from app.cli.parsing import command_parser
from build.release import check
from build.release.appsign import said
from build.release.check import Report
from build.release.keystore import KeyStore
from build.release.signing import ReleaseError
from domain.app.signed_app import NAME, around
from domain.errors import CloudError, ThingError
from domain.plain import plain
from domain.security.signed import MAX_TEXT
from domain.security.trust import first_keys
from domain.settings import parameters
from domain.settings.update_policy import NO_VERSION
from ports.storage import Source

_MOST = 1 << 20  # bytes of a file: more than a board has room for
_LABEL = "1"  # the version of an app that no cloud has versioned yet

_EPILOG = """\
DIR is a release (.../PythingsOS/VERSION/PLATFORM), a folder of them (as `pythings release` writes
it), or an app. URL is a cloud: what it wants of a Thing of --aid is asked for as a Thing does, so
that it shows a Thing from then on, named by --tid.

The verdict is that of the OS's own code, on a Thing that has the key list of --trust, nothing
installed yet, and this machine's time. Exit status: 0 if a Thing would take all, 1 if not.
"""


def main(argv: list[str]) -> int:
    """Check releases and apps; return 0, or 1 if a Thing would refuse one."""
    options = _parser().parse_args(argv)
    try:
        reports = list(_checked(options))
    except (ReleaseError, ThingError, OSError) as error:
        sys.stderr.write("pythings trust: %s\n" % printable(inputs.reason(error)))
        return 1
    if options.json:
        sys.stdout.write(json.dumps([report.value() for report in reports]) + "\n")
    else:
        sys.stdout.write("".join(printable(line) + "\n" for one in reports for line in _lines(one)))
    return int(any(report.refusal for report in reports))


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("trust", "What a Thing would make of a release or an app.", _EPILOG)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("check", help="verify as a Thing does, key by key", epilog=_EPILOG)
    one.formatter_class = argparse.RawDescriptionHelpFormatter
    one.add_argument("what", metavar="DIR|URL")
    one.add_argument(
        "--trust",
        metavar="FILE",
        help="the key list that the Thing has (of --keys: the first for a release, or the newest)",
    )
    one.add_argument("--keys", metavar="DIR", help="the folder of keys (~/.pythings-keys)")
    one.add_argument("--aid", help="the App id that the Thing has")
    one.add_argument("--running", default="", help="the OS that runs there (the oldest replaced)")
    one.add_argument("--platform", default="Python", help="of a cloud's release (%(default)s)")
    one.add_argument("--tid", default="trust-check", help="who asks a cloud (%(default)s)")
    one.add_argument("--ca", help="the authorities to trust for https (the public ones)")
    one.add_argument("--json", action="store_true", help="one JSON list")
    return parser


def _checked(options: argparse.Namespace) -> Iterator[Report]:
    if options.what.startswith(("http://", "https://")):
        yield from _of_cloud(options)
        return
    path = Path(options.what)
    tree = path / "PythingsOS" if (path / "PythingsOS").is_dir() else path
    manifests = [path] if (path / "release.txt").is_file() else []
    manifests += sorted(found.parent for found in tree.glob("*/*/release.txt"))
    for one in manifests:
        full = one.resolve()
        version, platform = full.parent.name, full.name
        served = ReleaseFolder(full)
        yield check.release(served, version, platform, _trust(options, 0), options.running)
    if manifests:
        return
    if not list(path.glob("*.py")):
        raise ReleaseError("%s is neither a release nor an app - see --help" % path)
    aid = options.aid or _aid_of(path)
    yield check.app(AppFolder(path), _LABEL, aid, _trust(options, -1))


def _of_cloud(options: argparse.Namespace) -> Iterator[Report]:
    if not options.aid:
        raise ReleaseError("which app? - say it with --aid")
    host, ssl = parameters.backend(parameters.Parameters(backend=options.what), "", True)
    if options.ca:
        inputs.check(options.ca)
    cloud = Gateway(by_sockets(options.ca), LinuxCrypto(), MAX_ANSWER)
    cloud.use(host, ssl)
    identity = {"tid": options.tid, "aid": options.aid, "frozen": True, "platform": "trust-check"}
    cloud.register(identity, False, 0)
    try:
        wanted, _ = cloud.management()
        version = _name_of(wanted, "pythings_version")
        if version.lower() not in ("factory", ""):
            trust = _trust(options, 0)
            yield check.release(cloud, version, options.platform, trust, options.running)
        version = _name_of(wanted, "app_version")
        if version not in NO_VERSION:
            yield check.app(cloud, version, options.aid, _trust(options, -1))
    finally:
        cloud.forget()


def _name_of(wanted: dict[str, Any], name: str) -> str:
    version = wanted.get(name, "")
    if not isinstance(version, str) or not (plain(version) or version == ""):
        raise ReleaseError("the cloud wants the %s %r, which no Thing takes" % (name, version))
    return version


def _trust(options: argparse.Namespace, number: int) -> bytes:
    """Return the key list of the Thing: the given one, or one of the folder of keys."""
    given = options.trust or os.environ.get("PYTHINGS_TRUST")
    if not given:
        store = KeyStore(folder(options.keys), ask)
        store.verified()
        given = store.lists[number]
    data = inputs.data(given, MAX_TEXT)
    try:
        first_keys(data, LinuxCrypto())
    except CloudError as error:
        raise ReleaseError("%s is no key list: %s" % (given, error)) from None
    return data


def _aid_of(path: Path) -> str:
    """Return the App id in a folder's manifest, or "app" if there is no valid one."""
    try:
        return said(inputs.data(path / NAME, MAX_TEXT)).aid
    except (OSError, CloudError):
        return "app"


class ReleaseFolder:
    """Serves one release as a cloud would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def os_file(self, _version: str, _platform: str, name: str) -> Source:
        """Open a file of the release, unchanged. Raise CloudError if it is missing."""
        return BytesIO(_read(self._folder, name))


class AppFolder:
    """Serves the files of an app with the lines that a cloud adds to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def app_file(self, version: str, name: str) -> Source:
        """Open a file as `apps/get` serves it: imports before it, the version after it."""
        head, tail = around(name, version)
        return BytesIO(head + _read(self._folder, name) + tail)


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise CloudError("not_found", "there is no file %s" % name)
    return inputs.data(path, _MOST)


def _lines(report: Report) -> Iterator[str]:
    yield "%s: %s" % (report.what, "a Thing takes it" if not report.refusal else "refused")
    if report.refusal:
        yield "  %s" % report.refusal
    if report.said:
        yield "  says: %s" % ", ".join("%s %s" % item for item in report.said.items())
    for held in report.keys:
        yield "  %-4s %s %s" % ("ok" if held.holds else "-", held.name, held.why)
    bad = [held for held in report.files if not held.holds]
    if report.files:
        yield "  %d of %d files are as signed" % (len(report.files) - len(bad), len(report.files))
    for held in bad:
        yield "  -    %s: %s" % (held.name, held.why)
