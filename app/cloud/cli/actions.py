"""The subcommands that call the management API of a running cloud."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from adapters.linux.console import printable
from app.cloud import appcheck
from app.cloud.api.body import parse_json
from app.cloud.cli.remote import client_of
from app.cloud.cli.table import cut
from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure
from app.cloud.values import Unshowable
from domain.settings.settings import NAMES, Settings

# The dashboard of the real cloud stores these as text, also numbers.
_TEXTS = ("pythings_version", "app_version", "management_interval", "worker_interval", "backend")
# The pool's name is sent, too, but cannot be set here.
_KNOWN = tuple(name for name in NAMES if name != "pool")

_FACTORY = "factory"  # no release, but the slot that a board was flashed with
_SIGNED = "app_manifest.py"


def app_create(args: argparse.Namespace) -> None:
    """Make an app."""
    with connected(args) as client:
        aid = client.create_app(args.name)
    show(args, {"aid": aid}, [f"App {args.name}: {aid}"])


def app_commit(args: argparse.Namespace) -> None:
    """Commit the given files, or the .py files of a folder."""
    files, remarks = appcheck.read(args.path)
    if not files:
        raise CloudFailure(
            f"There are no .py files in {args.path[0]}. Give files, or another folder."
        )
    problems = appcheck.problems(files) + _not_as_signed(args.aid, files)
    for remark in remarks + problems:
        sys.stderr.write(f"pythings cloud: {printable(remark)}\n")
    if problems and not args.force:
        raise CloudFailure("Not committed, as no Thing could run it. Mend it, or give --force.")
    with connected(args) as client:
        version = client.commit(args.aid, files, args.version, args.newest)
        pools = client.pools(args.aid)
    had = {name: pool["settings"].get("app_version") for name, pool in pools.items()}
    lines = [f"Version {version}: {', '.join(files)}", *_reached(args.aid, version, had)]
    show(args, {"version": version, "pools": had}, lines)


def _reached(aid: str, version: str, had: dict[str, Any]) -> Iterator[str]:
    """Yield which pools a commit goes to, and how to bring it to the others."""
    follow = [name for name, given in had.items() if given == version]
    others = [f"{name} at {given}" for name, given in had.items() if name not in follow]
    yield f"It goes to the pool {', '.join(follow)}." if follow else "No pool follows commits."
    if others and follow:
        yield f"Others stay: {', '.join(others)}."
        yield f"When it has proved itself: pythings cloud app promote {aid} {follow[0]} POOL"


def _not_as_signed(aid: str, files: dict[str, str]) -> list[str]:
    if _SIGNED not in files:
        return []
    from build.release.appsign import complaint  # slow to load, and seldom needed

    problem = complaint(aid, {name: files[name].encode() for name in files})
    return [f"{problem}. Sign again (`pythings app sign`)."] if problem else []


def app_list(args: argparse.Namespace) -> None:
    """List apps, with the settings of their pools."""
    with connected(args) as client:
        apps = client.apps()
    lines = []
    for app in apps:
        lines.append(f"{app['aid']}  {app['name']}  versions {', '.join(app['versions'])}")
        lines += [f"  {name}  {_pool_line(pool)}" for name, pool in app["pools"].items()]
    show(args, apps, lines)


def app_promote(args: argparse.Namespace) -> None:
    """Set a pool to the version of the app that another has."""
    with connected(args) as client:
        it = client.promote(args.aid, args.source, args.target)
        numbers = {
            custom: client.fleet(aid=args.aid, pool=args.target, custom=custom)["total"]
            for custom in (False, True)
        }
    lines = [f"{args.target}: {it['before']} -> {it['version']}, for {numbers[False]} Things"]
    if numbers[True]:
        lines.append(
            f"{numbers[True]} Things there have settings of their own, and keep their version:"
            " pythings cloud thing set TID --pool-settings"
        )
    if it["use_latest_app_version"]:
        lines.append(f"The next commit replaces it: {args.target} follows the latest version.")
    show(args, {**it, "things": numbers[False], "custom": numbers[True]}, lines)


def pool_set(args: argparse.Namespace) -> None:
    """Change settings of a pool."""
    with connected(args) as client:
        settings = settings_given(args, client, args.aid)
        pool = client.set_pool(
            args.aid,
            args.pool,
            settings,
            remove=args.remove,
            keep_readings=args.keep_readings,
        )
    show(args, pool, [_pool_line(pool)])


def account_list(args: argparse.Namespace) -> None:
    """List accounts with the aid that new Things register with."""
    with connected(args) as client:
        accounts = client.accounts()
    show(args, accounts, [_account_line(account) for account in accounts])


def account_close(args: argparse.Namespace) -> None:
    """Stop Things from registering by an account's name."""
    with connected(args) as client:
        account = client.close_account_name(args.name)
    show(args, account, [_account_line(account)])


def limits(args: argparse.Namespace) -> None:
    """Limit Things and messages."""
    with connected(args) as client:
        client.limits(args.things, args.messages, args.account)
    shown = {"things": args.things, "messages": args.messages}
    show(args, shown, [f"{name}: {shown[name] or 'any number'}" for name in shown])


def key(args: argparse.Namespace) -> None:
    """Show the public modulus."""
    with connected(args) as client:
        modulus = str(client.key())
    show(args, {"key": modulus}, [modulus])


@contextlib.contextmanager
def connected(args: argparse.Namespace) -> Iterator[AdminClient]:
    """Yield a client of the cloud at --url, or of the one that runs with the data folder."""
    client = client_of(args)
    try:
        yield client
    finally:
        client.close()


def show(args: argparse.Namespace, value: Any, lines: Iterable[str], most: int = 0) -> None:
    """Print a value as JSON, or lines that say the same, cut to `most` cells if it is not 0."""
    # Names and texts come from Things, or clients that pose as one: none may control the terminal.
    for line in [json.dumps(value)] if args.json else (cut(printable(it), most) for it in lines):
        print(line, flush=True)


def settings_given(args: argparse.Namespace, client: AdminClient, aid: str) -> dict[str, Any]:
    """Return the settings given; raises CloudFailure for one that can only be a mistake."""
    settings = {name: text if name in _TEXTS else value_of(text) for name, text in args.settings}
    if args.force:
        return settings
    for name, value in settings.items():
        if name not in _KNOWN:
            raise CloudFailure(
                f"There is no setting {name}. There are {', '.join(_KNOWN)}; --force sets any."
            )
        try:
            Settings(**{name: value})
        except ValueError as error:
            raise CloudFailure(
                f"{name} {error}. A Thing would not take it; --force sets it."
            ) from error
    _must_be_there(client, aid, settings)
    return settings


def assigned(text: str) -> tuple[str, str]:
    """Return the two sides of KEY=VALUE; raises CloudFailure."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise CloudFailure(f"{text!r} is not KEY=VALUE.")
    return key, value


def _must_be_there(client: AdminClient, aid: str, settings: dict[str, Any]) -> None:
    """Raise CloudFailure for a version of the app, or of the OS, that no Thing could fetch."""
    version, system = settings.get("app_version"), settings.get("pythings_version")
    versions = [name for app in client.apps() if app["aid"] == aid for name in app["versions"]]
    if version is not None and versions and version not in versions:
        raise CloudFailure(
            f"App {aid} has no version {version}. It has {', '.join(versions)}; --force sets any."
        )
    if system in (None, "", _FACTORY):
        return
    served = sorted({row["version"] for row in client.releases()})
    if system not in served:
        there = f"It serves {', '.join(served)}" if served else "It serves none: give it --dist"
        raise CloudFailure(
            f"This cloud serves no OS release {system}. {there}; {_FACTORY} is the one that a board"
            " was flashed with; --force sets any."
        )


def value_of(text: str) -> Any:
    """Return the JSON value of a text, or the text itself; raises CloudFailure."""
    try:
        return parse_json(text)
    except Unshowable as error:
        raise CloudFailure(
            f"What you give {error}: {text[:40]!r}. No Thing could get it."
        ) from error
    except ValueError:
        return text


def text_of(value: object) -> str:
    """Return a value as JSON in one line."""
    return json.dumps(value, ensure_ascii=False)


def _pool_line(pool: dict[str, Any]) -> str:
    kept = pool["keep_readings"]
    return text_of(pool["settings"]) + (f"  readings stay {kept} days" if kept else "")


def _account_line(account: dict[str, Any]) -> str:
    old = "; Things that are there register by its name, too" if account["by_name"] else ""
    return f"{account['name']}: new Things register with {account['aid']}{old}"
