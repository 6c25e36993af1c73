"""`pythings app`: what an app's owner does to its files before they are committed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.commands.keys import ask, folder
from build.release.keystore import KeyStore
from build.release.signing import ReleaseError, Signer
from domain.trust import APP, APP_SIGN


def main(argv: list[str]) -> int:
    """Sign files in their place; gives 0, or 1 if it cannot be done."""
    parser = argparse.ArgumentParser(prog="pythings app", description=main.__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    sign = actions.add_parser(
        "sign",
        help="sign files of an app",
        description="Put a signature into each file, as comments: commit them as they are then. A "
        "Thing whose parameter `apps` is `signed` takes no others.",
    )
    sign.add_argument("files", nargs="+", type=Path, metavar="FILE", help="worker_task.py, ...")
    sign.add_argument("--keys", metavar="DIR", help="the folder of keys (~/.pythings-keys)")
    sign.add_argument(
        "--key", type=Path, action="append", default=[], help="an app key that is elsewhere"
    )
    options = parser.parse_args(argv)
    store = KeyStore(folder(options.keys), ask)
    try:
        signers = store.signers(store.current(), "app", options.key)
        for path in options.files:
            path.write_bytes(signed(path.name, path.read_bytes(), signers))
            sys.stdout.write("%s: signed\n" % path)
    except (ReleaseError, OSError) as error:
        sys.stderr.write("pythings app: %s\n" % error)
        return 1
    return 0


def signed(name: str, source: bytes, signers: list[Signer]) -> bytes:
    """The file with its signatures; those that it had are gone."""
    first = (APP % name).encode()
    if b"\r" in source:
        raise ReleaseError("%s has line ends that a cloud would change - use LF" % name)
    lines = source.split(b"\n")
    if lines[0].startswith(first[:16]):
        del lines[0]
    text = b"\n".join(line for line in lines if not line.startswith(APP_SIGN))
    text = first + text.rstrip(b"\n") + b"\n"
    return text + b"".join(b"# " + signer.sign(text) for signer in signers)
