"""`pythings keys`: the keys that a Thing trusts for OS releases, apps and commands."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
from pathlib import Path

from app.cli.parsing import DAY, command_parser, days, today
from app.digits import is_number
from build.release.keystore import PASSWORD, ROLES, KeyStore
from build.release.signing import ReleaseError, Signer
from build.release.texts import KeyList, id_of

_EPILOG = """\
The folder holds the private keys (ROLE-ID.pem: guard them, and keep a copy of root keys off line)
and the key lists keys.1, keys.2, ...: public, each signed by the root keys. The newest one is what
a Thing is given to trust: `pythings run --trust FILE`, `pythings build BOARD --trust FILE`. Things
learn of later ones with their next OS update.

A password is asked for, or taken from PYTHINGS_KEY_PASSWORD.
"""


def folder(text: str | None) -> Path:
    """Return the folder of keys: the given one, PYTHINGS_KEYS, or ~/.pythings-keys."""
    return Path(text or os.environ.get("PYTHINGS_KEYS") or "~/.pythings-keys").expanduser()


def ask(path: Path) -> str:
    """Return the password of a key, from PYTHINGS_KEY_PASSWORD or asked on the terminal."""
    given = os.environ.get(PASSWORD)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ReleaseError("%s wants a password - set %s" % (path, PASSWORD))
    return getpass.getpass("password of %s: " % path.name)


def main(argv: list[str]) -> int:
    """Make, show or change keys; return 0, or 1 if it cannot be done."""
    options = _parser().parse_args(argv)
    store = KeyStore(folder(options.keys), ask)
    try:
        text = _ACTIONS[options.action](store, options)
    except ReleaseError as error:
        sys.stderr.write("pythings keys: %s\n" % error)
        return 1
    sys.stdout.write(text + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("keys", "The keys that OS releases are signed with.", _EPILOG)
    parser.add_argument("--keys", metavar="DIR", help="the folder (~/.pythings-keys)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="the first keys, and their list")
    for role, count in (("root", 1), ("release", 1), ("app", 0)):
        new.add_argument("--%s" % role, type=_count, default=count, help="how many (%(default)s)")
        new.add_argument(
            "--%s-needs" % role, type=_count, default=1, help="how many must sign (%(default)s)"
        )
    renew = actions.add_parser("renew", help="the same keys, for longer")
    actions.add_parser("show", help="the list in force").add_argument(
        "--json", action="store_true", help="one JSON object"
    )
    rotate = actions.add_parser("rotate", help="a new key in the place of one")
    rotate.add_argument("id", help="of the key to replace, as `show` has it")
    revoke = actions.add_parser("revoke", help="a key counts no more, ever")
    revoke.add_argument("id", help="of the key, as `show` has it")
    for action in (new, rotate):
        action.add_argument(
            "--no-password", action="store_true", help="private keys are not encrypted"
        )
    for action in (new, rotate, revoke, renew):
        action.add_argument(
            "--expires",
            metavar="DAYS",
            type=days,
            default=1825,
            help="how long the list counts, from today on (%(default)s; 0: for ever)",
        )
    for action in (rotate, revoke, renew):
        action.add_argument(
            "--key", type=Path, action="append", default=[], help="a root key that is elsewhere"
        )
    return parser


def _count(text: str) -> int:
    if not is_number(text) or int(text) > 8:
        raise argparse.ArgumentTypeError("%r is no number up to 8" % text)
    return int(text)


def _new(store: KeyStore, options: argparse.Namespace) -> str:
    if store.lists:
        raise ReleaseError("%s has keys already - name another folder with --keys" % store.folder)
    keys = KeyList(1, {role: getattr(options, role + "_needs") for role in ROLES})
    keys.expires = _expires(options)
    for role in ROLES:
        count = getattr(options, role)
        if role != "app" and not 0 < keys.needs[role] <= count:
            raise ReleaseError("%d of %d %s keys cannot sign" % (keys.needs[role], count, role))
    password = _new_password(options)
    made = {
        role: [store.make(role, password) for _ in range(getattr(options, role))] for role in ROLES
    }
    keys.keys = {role: [signer.public for signer in made[role]] for role in ROLES}
    path = store.write(keys, made["root"])
    return "%s: what Things are given to trust" % path


def _new_password(options: argparse.Namespace) -> str:
    if options.no_password:
        return ""
    given = os.environ.get(PASSWORD)
    if given is None:
        if not sys.stdin.isatty():
            raise ReleaseError("set %s, or say --no-password" % PASSWORD)
        given = getpass.getpass("password of the new key: ")
        if given != getpass.getpass("once more: "):
            raise ReleaseError("these are two passwords")
    if not given:
        raise ReleaseError("an empty password protects nothing - say --no-password instead")
    return given


def _show(store: KeyStore, options: argparse.Namespace) -> str:
    keys = store.current()
    if options.json:
        roles = {
            role: {
                "needs": keys.needs[role],
                "keys": [
                    {"id": id_of(key), "private": str(store.private(key) or "")}
                    for key in keys.keys.get(role, [])
                ],
            }
            for role in ROLES
        }
        told = {"list": str(store.newest), "number": keys.number, "revoked": keys.revoked, **roles}
        told["expires"] = keys.expires
        return json.dumps(told)
    until = "counts for ever"
    if keys.expires:
        until = "counts until %s" % time.strftime("%Y-%m-%d", time.gmtime(keys.expires))
    lines = ["list %d: %s, %s" % (keys.number, store.newest, until)]
    for role in ROLES:
        for key in keys.keys.get(role, []):
            where = store.private(key) or "its private half is not here"
            lines.append("%-8s %s  %s" % (role, id_of(key), where))
        if keys.keys.get(role):
            lines.append("%-8s %d must sign" % ("", keys.needs[role]))
    return "\n".join(lines + ["revoked  %s" % one for one in keys.revoked])


def _role_of(keys: KeyList, key: str) -> str:
    for role in ROLES:
        if key in [id_of(one) for one in keys.keys.get(role, [])]:
            return role
    raise ReleaseError("there is no key %s in force - see `pythings keys show`" % key)


def _expires(options: argparse.Namespace) -> int:
    return today() + options.expires * DAY if options.expires else 0


def _following(keys: KeyList, options: argparse.Namespace) -> KeyList:
    """Return the key list that follows: the same keys, the next number, a new expiry."""
    roles = {role: list(keys.keys[role]) for role in keys.keys}
    return KeyList(keys.number + 1, keys.needs, roles, list(keys.revoked), _expires(options))


def _renew(store: KeyStore, options: argparse.Namespace) -> str:
    keys = store.current()
    return _write(store, _following(keys, options), store.signers(keys, "root", options.key))


def _without(keys: KeyList, role: str, options: argparse.Namespace) -> KeyList:
    """Return the key list that follows, without the key in `options.id`."""
    following = _following(keys, options)
    following.keys[role] = [one for one in keys.keys[role] if id_of(one) != options.id]
    return following


def _rotate(store: KeyStore, options: argparse.Namespace) -> str:
    keys = store.current()
    role = _role_of(keys, options.id)
    signers = store.signers(keys, "root", options.key)
    signer = store.make(role, _new_password(options))
    following = _without(keys, role, options)
    following.keys[role].append(signer.public)
    return _write(store, following, signers + ([signer] if role == "root" else []))


def _revoke(store: KeyStore, options: argparse.Namespace) -> str:
    keys = store.current()
    role = _role_of(keys, options.id)
    following = _without(keys, role, options)
    if len(following.keys[role]) < keys.needs[role] and role != "app":
        raise ReleaseError("nobody could sign any more - `pythings keys rotate %s`" % options.id)
    following.revoked.append(options.id)
    return _write(store, following, store.signers(keys, "root", options.key))


def _write(store: KeyStore, following: KeyList, signers: list[Signer]) -> str:
    path = store.write(following, signers)
    return "%s: Things learn of it with their next OS update" % path


_ACTIONS = {
    "new": _new,
    "show": _show,
    "rotate": _rotate,
    "revoke": _revoke,
    "renew": _renew,
}
