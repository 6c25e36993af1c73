"""Subcommand `serve`: runs the cloud until it is told to stop."""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import ipaddress
import json
import logging
import shlex
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters.linux import inputs
from app import shutdown_signals
from app.cloud.cli.people import password_of
from app.cloud.cli.remote import must_be_here
from app.cloud.cli.senders import mail_of, mqtt_of
from app.cloud.errors import CloudFailure
from app.cloud.folder import OWNER
from app.cloud.log import to_stderr

if TYPE_CHECKING:
    from app.cloud.server import Ready

_DAY_S = 86400.0


def serve(args: argparse.Namespace) -> None:
    """Serve until SIGTERM or Ctrl-C; prints one line, or paragraph, when it is ready."""
    must_be_here(args)
    # Here and not above: the other subcommands must not wait for the server's libraries.
    with _kept():
        from app.cloud.server import CloudServer, ServerOptions

    if (args.cert is None) != (args.key is None):
        raise CloudFailure("Give both --cert and --key, or --tls for a certificate of our own.")
    for file in filter(None, (args.cert, args.key)):
        try:
            inputs.check(file)
        except OSError as error:
            raise CloudFailure(
                f"Cannot read {file} ({error.strerror}). Give a PEM file."
            ) from error
    if args.dist is not None and not args.dist.is_dir():
        raise CloudFailure(f"There is no folder {args.dist}. Give --dist one with OS releases.")
    options = ServerOptions(
        data=args.data.absolute(),
        host=args.host,
        port=args.port,
        tls=args.tls,
        cert=args.cert,
        key=args.key,
        dist=args.dist,
        close=args.close,
        public_urls=args.public_url,
        rate=args.rate,
        trusted_proxies=args.trusted_proxy,
        most=args.connections,
        most_by_address=args.connections_by_address,
        session_s=args.session_days * _DAY_S,
        store_key=args.store_key,
        key_pair=args.key_pair,
        forget_keys=args.forget_keys,
        database=args.database,
        workers=args.workers,
        json_log=args.json,
        mail=mail_of(args),
        mqtt=mqtt_of(args),
        owner=functools.partial(_owner_password, args),
    )
    show = _as_json if args.json else _as_text
    with running(args.json):
        CloudServer(options).run(lambda ready: print(show(ready), flush=True))


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """Keep objects made inside out of the garbage collector's sight: libraries stay for good."""
    gc.disable()
    try:
        yield
    finally:
        if hasattr(gc, "freeze"):  # not on PyPy
            gc.freeze()
        gc.enable()


@contextlib.contextmanager
def running(as_json: bool) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end the code inside; log to stderr, and print when it has stopped."""
    with contextlib.suppress(KeyboardInterrupt), _stoppable(), _logging(as_json):
        yield
    print('{"event": "stopped"}' if as_json else "The local cloud has stopped.", flush=True)


def _owner_password(args: argparse.Namespace) -> str:
    """Return the first owner's password; none on a loopback address, or if it cannot be asked."""
    if args.owner_password_file is not None:
        return password_of(args.owner_password_file, OWNER)
    if args.json or _is_loopback(args.host) or not sys.stdin.isatty():
        return ""
    print(f"This cloud has no owner yet. Choose the password of the account `{OWNER}`, or press")
    print("Enter for none: then it is managed from this machine alone, with its data folder.")
    return password_of(None, OWNER)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _logging(as_json: bool) -> Iterator[None]:
    """Write the logs of this process and its libraries to stderr, within bounds."""
    handler = to_stderr(as_json)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Turn all shutdown signals into KeyboardInterrupt, whenever they arrive."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in shutdown_signals.signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _as_json(ready: Ready) -> str:
    return json.dumps(
        {
            "event": "ready",
            "url": ready.url,
            "data": str(ready.data),
            "ca": str(ready.ca) if ready.ca else None,
            "key": str(ready.modulus),
        }
    )


def _as_text(ready: Ready) -> str:
    start = ["./pythings", "run", "--backend", ready.url, "--aid", ready.aid]
    if ready.ca:
        start += ["--ca", str(ready.ca)]
    create = ["./pythings", "cloud", "app", "create", "NAME", "--data", str(ready.data)]
    return "\n".join(
        (
            f"The local cloud is ready at {ready.url}",
            f"  its data        {ready.data}",
            f"  start a Thing   {shlex.join(start)}",
            f"  make an app     {shlex.join(create)}",
            "Ctrl-C stops it.",
        )
    )
