"""The command line of `pythings cloud`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.parsing import folder
from app.cloud.bucket import RATE
from app.cloud.cli import actions, upkeep
from app.cloud.cli.alarms_parser import add_alarms
from app.cloud.cli.importing import import_dump
from app.cloud.cli.people_parser import add_people
from app.cloud.cli.rollouts_parser import add_rollouts
from app.cloud.cli.senders import add_senders
from app.cloud.cli.serve import serve
from app.cloud.cli.talk_parser import add_talk
from app.cloud.cli.things_parser import add_things
from app.cloud.errors import CloudFailure
from app.cloud.guests import MOST, MOST_BY_ADDRESS
from app.cloud.values import VERSIONS
from domain.plain import plain

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_DESCRIPTION = """\
A local Pythings Cloud: what Things register with, and the calls to manage them.
Without a subcommand it is `serve`. All others need it running, but for those
on its database: `backup` can be made while it runs, the others want it stopped."""
_PROG = "pythings cloud"


def parser() -> argparse.ArgumentParser:
    """Return the parser; a namespace that it returns has `run`, a function of the namespace."""
    top = argparse.ArgumentParser(
        prog=_PROG, description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    data = Path(os.environ.get("PYTHINGS_CLOUD_DATA") or "~/.pythings-cloud").expanduser()
    _add_common(top, data)
    commands = top.add_subparsers(metavar="SUBCOMMAND", required=True)
    _add_serve(commands)
    _add_apps(commands)
    add_things(commands, _group, _leaf, _add_changes)
    add_rollouts(commands, _group, _leaf)
    add_alarms(commands, _group, _leaf)
    _add_accounts(commands)
    add_talk(commands, _leaf)
    add_people(commands, _group, _leaf)
    _leaf(commands, "key", actions.key, "show the public key for encrypted sessions")
    _add_upkeep(commands)
    return top


def _add_serve(commands: _Commands) -> None:
    leaf = _leaf(commands, "serve", serve, "run the cloud (default)")
    leaf.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    leaf.add_argument("--port", type=int, default=8000, help="0 for a free one (%(default)s)")
    leaf.add_argument("--tls", action="store_true", help="HTTPS, with a CA of our own")
    leaf.add_argument("--cert", type=Path, help="HTTPS with this certificate (PEM)")
    leaf.add_argument("--key", type=Path, help="the key of --cert (PEM)")
    leaf.add_argument(
        "--workers", type=_positive, default=1, metavar="N", help="processes, on PostgreSQL"
    )
    leaf.add_argument(
        "--owner-password-file",
        type=Path,
        metavar="FILE",
        help="its first line is the password of the account `owner`, made at the first start",
    )
    leaf.add_argument("--dist", type=Path, help="folder that has PythingsOS/VERSION/PLATFORM")
    leaf.add_argument("--close", action="store_true", help="end connections after each response")
    leaf.add_argument(
        "--public-url",
        action="append",
        default=[],
        metavar="URL",
        help="what else it is known by, as https://cloud.example.org; can be repeated",
    )
    _add_limits(leaf)
    _add_database(leaf)
    add_senders(leaf)


def _add_database(leaf: argparse.ArgumentParser) -> None:
    leaf.add_argument(
        "--session-days",
        type=_days,
        default=90,
        help="end sessions that were not used for so long; 0 never (%(default)s)",
    )
    _add_url(leaf)
    leaf.add_argument("--store-key", type=Path, help="the key of the database (in its data)")
    leaf.add_argument("--key-pair", type=Path, help="what Things encrypt with (in its data)")
    leaf.add_argument("--forget-keys", action="store_true", help="go on without a key that is lost")


def _add_upkeep(commands: _Commands) -> None:
    leaf = _leaf(commands, "backup", upkeep.backup, "copy the database, also while the cloud runs")
    leaf.add_argument("file", type=Path)
    _add_url(leaf)
    leaf = _leaf(commands, "restore", upkeep.restore, "put such a copy in the database's place")
    leaf.add_argument("file", type=Path)
    _add_url(leaf)
    leaf = _leaf(commands, "import", import_dump, "take over a dump of the existing cloud")
    leaf.add_argument("file", type=Path, help="what `manage.py dumpdata` has written")
    leaf.add_argument("--dry-run", action="store_true", help="say what it would do, and stop")
    leaf.add_argument(
        "--backends", action="store_true", help="also the setting backend, which sends Things there"
    )
    leaf.add_argument("--store-key", type=Path, help="the key of the database (in its data)")
    _add_url(leaf)
    leaf = _leaf(commands, "migrate", upkeep.migrate, "bring the database to the newest schema")
    leaf.add_argument("--store-key", type=Path, help="the key of the database (in its data)")
    _add_url(leaf)


def _add_url(leaf: argparse.ArgumentParser) -> None:
    leaf.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("PYTHINGS_DATABASE") or None,
        help="postgresql+psycopg://USER@HOST/NAME instead of a file in its data; better by"
        " PYTHINGS_DATABASE where it has a password",
    )


def _add_limits(leaf: argparse.ArgumentParser) -> None:
    counts = (
        ("--connections", MOST, "most connections at a time"),
        ("--connections-by-address", MOST_BY_ADDRESS, "most of one address"),
    )
    leaf.add_argument(
        "--rate",
        type=_rate,
        default=RATE,
        metavar="N",
        help="requests a second of one address without a session; 0 for any (%(default)g)",
    )
    leaf.add_argument(
        "--trusted-proxy",
        type=_address,
        action="append",
        default=[],
        metavar="ADDRESS",
        help="its X-Forwarded-For tells whose request it is; can be repeated",
    )
    for option, default, text in counts:
        leaf.add_argument(
            option, type=_positive, default=default, metavar="N", help=f"{text} (%(default)s)"
        )


def _add_apps(commands: _Commands) -> None:
    app = _group(commands, "app", "make apps and commit to them")
    leaf = _leaf(app, "create", actions.app_create, "make an app")
    leaf.add_argument("name")
    leaf = _leaf(app, "commit", actions.app_commit, "commit a new version")
    leaf.add_argument("aid")
    leaf.add_argument("path", type=Path, nargs="+", help="files, or a folder of .py files")
    leaf.add_argument("--force", action="store_true", help="also what no Thing could run")
    leaf.add_argument("--version", type=_version, help="its name (default: the time in seconds)")
    leaf.add_argument(
        "--newest", metavar="VERSION", help="your edit began with it: refused if there is a newer"
    )
    leaf = _leaf(app, "promote", actions.app_promote, "give a pool the version that another has")
    leaf.add_argument("aid")
    leaf.add_argument("source", metavar="FROM", help="the pool that has it, as development")
    leaf.add_argument("target", metavar="TO", help="the pool that gets it, as staging")
    _leaf(app, "list", actions.app_list, "list apps, versions and pools")
    pool = _group(commands, "pool", "change the settings of pools")
    leaf = _leaf(pool, "set", actions.pool_set, "change settings")
    leaf.add_argument("aid")
    leaf.add_argument("pool", help="production, staging or development")
    leaf.add_argument(
        "--keep-readings", type=_kept, metavar="DAYS", help="drop older ones; none: keep all"
    )
    _add_settings(leaf)


def _add_accounts(commands: _Commands) -> None:
    leaf = _leaf(commands, "limits", actions.limits, "limit how much the Things may leave here")
    leaf.add_argument("things", type=_limit, help="how many there may be, or none for any")
    leaf.add_argument("messages", type=_limit, help="readings and replies in all, or none for any")
    leaf.add_argument("--account", help="of this account (default: the one there is)")
    account = _group(commands, "account", "what new Things register with, before they have an App")
    _leaf(account, "list", actions.account_list, "list accounts and their ids")
    leaf = _leaf(account, "close", actions.account_close, "let in nobody by the account's name")
    leaf.add_argument("name")


def _add_common(parser: argparse.ArgumentParser, data: Path | None = None) -> None:
    """Add the options that may stand before or after a subcommand; the latter override."""
    text = "its data (%(default)s)" if data else "its data"
    parser.add_argument("--data", type=folder, default=data or argparse.SUPPRESS, help=text)
    none = None if data else argparse.SUPPRESS
    parser.add_argument(
        "--url", default=none, help="a cloud elsewhere, by an API token in PYTHINGS_TOKEN"
    )
    parser.add_argument(
        "--token-file", type=Path, default=none, metavar="FILE", help="the token, in its first line"
    )
    parser.add_argument(
        "--ca", type=Path, default=none, metavar="FILE", help="the certificate of its CA (PEM)"
    )
    default = False if data else argparse.SUPPRESS
    parser.add_argument("--json", action="store_true", default=default, help="print JSON")


def _add_settings(leaf: argparse.ArgumentParser) -> None:
    leaf.add_argument(
        "settings", nargs="*", type=_assignment, metavar="KEY=VALUE", help="JSON, or else text"
    )
    _add_changes(leaf)


def _add_changes(leaf: argparse.ArgumentParser) -> None:
    leaf.add_argument("--remove", action="append", default=[], metavar="KEY", help="drop a key")
    leaf.add_argument(
        "--force", action="store_true", help="also what no Thing knows what to do with"
    )


def _version(text: str) -> str:
    if not plain(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name for a version: {VERSIONS}")
    return text


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _days(text: str) -> float:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days")
    return float(text)


def _kept(text: str) -> int:
    return 0 if text == "none" else _positive(text)


def _rate(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return float(text)


def _limit(text: str) -> int | None:
    return None if text == "none" else _positive(text)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no IP address") from error


def _assignment(text: str) -> tuple[str, str]:
    try:
        return actions.assigned(text)
    except CloudFailure as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _group(commands: _Commands, name: str, text: str) -> _Commands:
    group = commands.add_parser(name, help=text, description=text)
    _add_common(group)
    return group.add_subparsers(metavar="SUBCOMMAND", required=True)


def _leaf(
    commands: _Commands, name: str, run: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    leaf = commands.add_parser(name, help=text, description=text)
    _add_common(leaf)
    leaf.set_defaults(run=run)
    return leaf
