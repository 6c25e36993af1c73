"""Signatures of apps: writes the manifest that `domain/app/signed_app.py` reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from adapters.linux.crypto import LinuxCrypto
from build.release.signing import ReleaseError, Signer
from domain.app.signed_app import COMMENT, KIND, MAX_SIZE, MAX_TEXT, NAME, SIGN, SignedApp
from domain.errors import CloudError
from domain.plain import plain
from domain.security.signed import digest_text, signed
from domain.states.update import MAX_FILES, plain_name


def body(source: bytes) -> bytes:
    """Return the signed part of a file: all but one line end at its end."""
    return source[:-1] if source.endswith(b"\n") else source


def shape(source: bytes) -> tuple[int, str]:
    """Return size and digest of a file, as in a manifest."""
    data = body(source)
    return len(data), digest_text(hashlib.sha256(data).digest())


def manifest(
    aid: str, number: int, keys: int, files: Mapping[str, bytes], signers: list[Signer]
) -> bytes:
    """Return the signed manifest of a version of an app.

    Raise `ReleaseError` for an App id, files or a size that a Thing would refuse.
    """
    if not aid or len(aid) > 36 or not all("!" <= char <= "~" for char in aid):
        raise ReleaseError("%r is no App id" % aid)
    for name, source in files.items():
        _check(name, source)
    if not 0 < len(files) <= MAX_FILES:
        raise ReleaseError("%d files are signed - a Thing takes 1 to %d" % (len(files), MAX_FILES))
    lines = [KIND, "app " + aid, "number %d" % number, "keys %d" % keys]
    lines += ["f %s %d %s" % (name, *shape(files[name])) for name in sorted(files)]
    text = b"".join(COMMENT + line.encode() + b"\n" for line in lines)
    data = text + b"".join(COMMENT + signer.sign(text) for signer in signers)
    if len(data) > MAX_TEXT - 200:  # room for the text that the cloud adds
        raise ReleaseError("the manifest takes %d bytes, more than a Thing reads" % len(data))
    return data


def _check(name: str, source: bytes) -> None:
    if not plain_name(name) or name == NAME:
        raise ReleaseError("a Thing takes no file named %r" % name)
    if b"\r" in source:
        raise ReleaseError("%s has line ends that a cloud would change - use LF" % name)
    if body(source).endswith(b"\n"):
        raise ReleaseError("%s ends with empty lines, which a cloud may drop - drop them" % name)
    if len(source) > MAX_SIZE:
        raise ReleaseError("%s is larger than a Thing takes" % name)
    if not plain(name, 36):
        raise ReleaseError("the name %s is longer than a cloud takes" % name)


def said(data: bytes) -> SignedApp:
    """Parse a manifest without verifying its signatures. Raise `CloudError` if it is malformed."""
    return SignedApp(data[: signed(data, LinuxCrypto(), SIGN).size])


def complaint(aid: str, files: Mapping[str, bytes]) -> str:
    """Return why a Thing that takes signed apps only would refuse these files as they are.

    Return "" if it may take them, or if they are not signed at all.
    """
    if NAME not in files:
        return ""
    data = files[NAME]
    try:
        app = said(data if data.endswith(b"\n") else data + b"\n")
    except CloudError as error:
        return "%s: %s" % (NAME, error)
    if app.aid != aid:
        return "it is signed for the app %s" % app.aid
    for name, size, digest in app.files:
        if name not in files:
            return "%s is signed, and not there" % name
        if shape(files[name]) != (size, digest):
            return "%s is not as it was signed" % name
    more = sorted(set(files) - {NAME, *(name for name, _, _ in app.files)})
    return "%s is not signed" % more[0] if more else ""
