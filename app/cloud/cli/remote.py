"""A client of a cloud on another machine, by its URL and an API token."""

from __future__ import annotations

import argparse
import ipaddress
import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

from adapters.linux import inputs
from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure

TOKEN = "PYTHINGS_TOKEN"  # noqa: S105 - the name of a variable
_LONGEST = 200  # characters of a token
_MAKE = "`pythings cloud token create` makes one, where the cloud is."


def client_of(args: argparse.Namespace) -> AdminClient:
    """Return a client of the cloud at --url, or else of the one with its data in --data."""
    if not args.url:
        if args.token_file or args.ca:
            raise CloudFailure("--token-file and --ca are for a cloud at --url.")
        return AdminClient.from_data(args.data)
    url = _checked(args.url)
    try:
        if args.ca:
            inputs.check(args.ca)
    except OSError as error:
        raise CloudFailure(
            f"Cannot read {args.ca} ({error.strerror}). Give --ca the cloud's CA certificate."
        ) from error
    token = _token(args.token_file)
    hint = "Is that its address, and does it run?"
    return AdminClient(url, token, str(args.ca) if args.ca else None, "cloud", hint)


def must_be_here(args: argparse.Namespace) -> None:
    """Raise CloudFailure for --url where a command works on the files of this machine."""
    if args.url:
        raise CloudFailure("This command works on a data folder of this machine: leave out --url.")


def _checked(url: str) -> str:
    """Return the base URL; refuse one to which a token would go in the clear."""
    try:
        parts = urlsplit(url)
        bad = not parts.hostname or bool(parts.query or parts.fragment) or parts.port == 0
    except ValueError:
        bad = True
    if bad or parts.scheme not in ("http", "https"):
        raise CloudFailure(f"{url!r} is no URL of a cloud, as https://cloud.example.org.")
    if parts.username or parts.password:
        raise CloudFailure("--url must not hold a password: `ps` would show it.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise CloudFailure(f"{url} is not https://: all on the way there could read the token.")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token(file: Path | None) -> str:
    """Return the token, of the file or else of the environment."""
    token = _read(file) if file else os.environ.get(TOKEN, "").strip()
    if not token:
        raise CloudFailure(f"Give an API token: in {TOKEN}, or --token-file FILE. {_MAKE}")
    if len(token) > _LONGEST or not (token.isascii() and token.isprintable() and " " not in token):
        raise CloudFailure(f"That is no API token. {_MAKE}")
    return token


def _read(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            raise CloudFailure(f"Others can read {file}. Keep it to yourself: chmod 600 {file}")
        return inputs.first_line(file, _LONGEST + 2).strip()
    except OSError as error:
        raise CloudFailure(f"Cannot read a token in {file} ({error.strerror}). {_MAKE}") from error
