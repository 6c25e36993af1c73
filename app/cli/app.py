"""`pythings app`: what an app's owner does to its files before they are committed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from adapters.linux import inputs
from app.cli.keys import ask, folder
from build.release import appsign
from build.release.keystore import KeyStore
from build.release.signing import ReleaseError, Signer
from domain.app.signed_app import MAX_SIZE, NAME
from domain.errors import CloudError

# The lines that older Things require, which expect a signature in each file.
_OLDER = "# pythings-app 1 %s\n"
_OLDER_SIGN = b"# sign "

_SIGN = """\
Write app_manifest.py beside the files: the App id, a number that only grows, each file's name and
digest, and signatures. Commit it with them (`pythings cloud app commit`, or the editor of any
Pythings Cloud). A Thing whose parameter `apps` is `signed` takes no other app, and no file that
differs; sign again when a file has changed.
"""


def main(argv: list[str]) -> int:
    """Sign an app; gives 0, or 1 if it cannot be done."""
    parser = argparse.ArgumentParser(prog="pythings app", description=main.__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    sign = actions.add_parser("sign", help="sign the files of an app", description=_SIGN)
    sign.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="worker_task.py, ..., or their folder"
    )
    sign.add_argument("--aid", required=True, help="the App id, as the Thing has it")
    sign.add_argument(
        "--number",
        type=_number,
        help="a Thing takes none below that of what has proved itself there (default: the seconds"
        " since 1970, or one more than before)",
    )
    sign.add_argument("--keys", metavar="DIR", help="the folder of keys (~/.pythings-keys)")
    sign.add_argument(
        "--key", type=Path, action="append", default=[], help="an app key that is elsewhere"
    )
    sign.add_argument(
        "--older",
        action="store_true",
        help="put a signature into each file too: Things with an OS of before manifests want that",
    )
    options = parser.parse_args(argv)
    try:
        path = _sign(options)
    except (ReleaseError, OSError) as error:
        sys.stderr.write("pythings app: %s\n" % inputs.reason(error))
        return 1
    sys.stdout.write("%s: commit it with the files\n" % path)
    return 0


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**12):
        raise argparse.ArgumentTypeError("%r is no number from 1 on" % text)
    return int(text)


def _sign(options: argparse.Namespace) -> Path:
    paths = _paths(options.files)
    store = KeyStore(folder(options.keys), ask)
    keys = store.current()
    signers = store.signers(keys, "app", options.key)
    files = {path.name: inputs.data(path, MAX_SIZE) for path in paths}
    if options.older:
        files = {name: signed(name, files[name], signers) for name in files}
    path = paths[0].parent / NAME
    number = options.number or max(int(time.time()), _before(path) + 1)
    data = appsign.manifest(options.aid, number, keys.number, files, signers)
    for one in paths if options.older else []:
        one.write_bytes(files[one.name])
    path.write_bytes(data)
    return path


def _paths(given: list[Path]) -> list[Path]:
    paths = [
        path
        for one in given
        for path in (sorted(one.glob("*.py")) if one.is_dir() else [one])
        if path.name != NAME
    ]
    if not paths:
        raise ReleaseError("there are no files to sign")
    if len({path.name for path in paths}) < len(paths) or len({one.parent for one in paths}) > 1:
        raise ReleaseError("the files of an app lie in one folder - name each once")
    return paths


def _before(path: Path) -> int:
    """The number of the manifest that is there."""
    try:
        return appsign.said(inputs.data(path, MAX_SIZE)).number
    except (OSError, CloudError):
        return 0


def signed(name: str, source: bytes, signers: list[Signer]) -> bytes:
    """The file with its signatures; those that it had are gone."""
    first = (_OLDER % name).encode()
    lines = source.split(b"\n")
    if lines[0].startswith(first[:16]):
        del lines[0]
    text = b"\n".join(line for line in lines if not line.startswith(_OLDER_SIGN))
    text = first + text.rstrip(b"\n") + b"\n"
    return text + b"".join(b"# " + signer.sign(text) for signer in signers)
