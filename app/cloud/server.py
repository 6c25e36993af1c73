"""Runs the local cloud: opens the data folder, listens, says when it is ready, stops cleanly."""

from __future__ import annotations

import contextlib
import json
import resource
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.cloud import folder, log
from app.cloud.admin.endpoint import ADMIN, AdminApi
from app.cloud.api.endpoint import ThingApi
from app.cloud.bell import Bell
from app.cloud.bucket import RATE
from app.cloud.certificates import Certificate, make_certificate
from app.cloud.cloud import SESSION_S, Cloud
from app.cloud.errors import CloudError
from app.cloud.folder import ACCOUNT
from app.cloud.guests import HANDSHAKE_S, MOST, MOST_BY_ADDRESS, REQUEST_S, Limits, address_of
from app.cloud.health import Health
from app.cloud.hosts import Hosts, names_of
from app.cloud.http import Front
from app.cloud.patience import Patient
from app.cloud.service import Service
from app.cloud.srsa import load_key_pair
from app.cloud.store import Store
from app.cloud.writer import Writer

_LAST_PORT = 65535
_LONGEST_HEAD = 16 * 1024  # bytes of a request before its body: a Thing sends some 200
_OTHER_FILES = 50  # than connections: the database, the listener, the system's own
_BACKLOG = 1024  # connections that the system holds for us while we look at others
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


@dataclass(frozen=True)
class Options:
    """How to serve; `port` 0 takes a free one, `close` ends the connection after each response.

    `cert` and `key` are PEM files; with `tls` and without them, we make our own. `request_s`: in
    which a request has to come, and of that, `handshake_s` for TLS; `most`: connections in all, and
    `most_by_address` of one address. `public_urls`: what Things and browsers know it by beside its
    addresses and the names of this network. `rate`: requests a second that the strangers of one
    address may make, 0 for any; `trusted_proxies`: addresses whose `X-Forwarded-For` tells whose
    request it is. `session_s`: see Cloud; `store_key`,
    `forget_keys` and `database`, a URL: see Store.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    tls: bool = False
    cert: Path | None = None
    key: Path | None = None
    dist: Path | None = None
    close: bool = False
    public_urls: Sequence[str] = ()
    rate: float = RATE
    trusted_proxies: Sequence[str] = ()
    request_s: float = REQUEST_S
    handshake_s: float = HANDSHAKE_S
    most: int = MOST
    most_by_address: int = MOST_BY_ADDRESS
    session_s: float = SESSION_S
    store_key: Path | None = None
    forget_keys: bool = False
    database: str | None = None


@dataclass(frozen=True)
class Ready:
    """What a client needs.

    `ca` is the certificate to trust if it is ours, `modulus` the public key, `aid` what a Thing can
    register with: the oldest app, or the account's id while there is none.
    """

    url: str
    data: Path
    ca: Path | None
    modulus: int
    aid: str


class CloudServer:
    """One local cloud; `run` blocks until `stop`, or SIGTERM or SIGINT in the main thread."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._server: Service | None = None

    def run(self, ready: Callable[[Ready], None]) -> None:
        """Serve; calls `ready` once connections are accepted. Raises CloudError before that."""
        options = self._options
        with folder.claimed(options.data), _listen(options) as listener:
            certificate = _certificate(options)
            url = _url(options.host, listener, certificate.path is not None)
            with (
                contextlib.closing(log.to_stderr()) as notices,
                contextlib.closing(_store(options)) as store,
            ):
                cloud = _cloud(options, store, certificate.path is not None, notices.warn)
                info = Ready(url, options.data, certificate.ca, cloud.keys.modulus, _aid(store))
                with contextlib.closing(Writer(store)) as writer:
                    front = _front(options, cloud, writer)
                    config = _config(front, certificate, options.trusted_proxies)
                    self._server = Service(
                        config, _limits(options), lambda: _announce(info, ready), cloud.bell.close
                    )
                    try:
                        self._server.run(sockets=[listener])
                    finally:
                        (options.data / folder.ADMIN_INFO).unlink(missing_ok=True)

    def stop(self) -> None:
        """Make `run` return; safe from any thread, once ready."""
        assert self._server is not None
        self._server.should_exit = True


def _limits(options: Options) -> Limits:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = options.most + _OTHER_FILES
    if 0 <= soft < files:  # -1 is no limit
        soft = files if hard < 0 else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = options.most if soft < 0 else min(options.most, soft - _OTHER_FILES)
    return Limits(
        request_s=options.request_s,
        handshake_s=min(options.handshake_s, options.request_s),
        most=max(most, 1),
        exempt=frozenset(map(address_of, options.trusted_proxies)),
        most_by_address=options.most_by_address,
    )


def _certificate(options: Options) -> Certificate:
    if options.tls and options.cert is None:
        try:
            return make_certificate(options.data / folder.CERTIFICATES, options.host)
        except (OSError, ValueError) as error:
            raise CloudError(
                f"Cannot make a certificate ({error}). Remove the folder "
                f"{options.data / folder.CERTIFICATES} to have a new CA made."
            ) from error
    return Certificate(None, options.cert, options.key)


def _store(options: Options) -> Store:
    path = options.data / folder.DATABASE
    return Store(path, options.store_key, options.forget_keys, options.database)


def _cloud(options: Options, store: Store, tls: bool, warn: Callable[[str], None]) -> Cloud:
    with store.transaction():
        store.accounts.add(ACCOUNT)
    keys = load_key_pair(options.data / folder.KEY_PAIR)
    if store.copied is not None:
        in_clear = store.copied.suffix == ".v1"
        warn(
            f"The database was of an earlier version; {store.copied} is a copy of it as it was."
            f"{' It holds tokens and keys in the clear:' * in_clear} Remove it once all works."
        )
        for account in store.accounts.all() if in_clear else ():
            warn(
                f"New Things register with {account.aid} now, no longer with the account's name"
                f" {account.name}: docs/protocol.md says what that changes."
            )
    return Cloud(store, keys, time.time, Bell(), options.dist, tls, warn, options.session_s)


def _aid(store: Store) -> str:
    shown = [app.aid for app in store.apps.all() if not app.hidden]
    if shown:
        return shown[0]
    account = store.accounts.named(ACCOUNT)
    assert account is not None  # it was added above
    return account.aid


def _front(options: Options, cloud: Cloud, writer: Writer) -> Front:
    token = folder.read_or_make(options.data / folder.ADMIN_SECRET, secrets.token_urlsafe)
    names = [options.host, socket.gethostname()]
    if options.cert is not None:
        names += names_of(options.cert)
    hosts = Hosts(options.public_urls, names)
    things = ThingApi(cloud, writer, options.rate)
    outside = Health(things, writer)
    return Front(ADMIN, AdminApi(cloud, writer, token), outside, hosts, options.close)


def _config(
    front: Front, certificate: Certificate, trusted_proxies: Sequence[str]
) -> uvicorn.Config:
    app: Any = front
    if trusted_proxies:
        app = ProxyHeadersMiddleware(app, list(trusted_proxies))
    config = uvicorn.Config(
        app,
        http=Patient,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        loop="asyncio",
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate.path,
        ssl_keyfile=certificate.key,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise CloudError(
            f"The certificate {certificate.path} with key {certificate.key} cannot be used"
            f" ({error}). Give a PEM certificate and its key, or --tls for one of our own."
        ) from error
    return config


def _listen(options: Options) -> socket.socket:
    if not 0 <= options.port <= _LAST_PORT:
        raise CloudError(f"There is no port {options.port}. Choose one up to {_LAST_PORT}.")
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        listener = socket.create_server(
            (options.host, options.port), family=family, backlog=_BACKLOG
        )
    except OSError as error:
        raise CloudError(
            f"Cannot listen on {options.host} port {options.port} ({error}). "
            "Choose another --port (0 for a free one) or --host."
        ) from error
    # Else a response, written in two parts, waits 40 ms for the delayed ACK of the first. asyncio
    # does this only to sockets whose protocol number is given.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(host: str, listener: socket.socket, tls: bool) -> str:
    host = _ANY.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{listener.getsockname()[1]}"


def _announce(info: Ready, ready: Callable[[Ready], None]) -> None:
    stored = {
        "url": info.url,
        "token": str((info.data / folder.ADMIN_SECRET).resolve()),
        "ca": str(info.ca.resolve()) if info.ca else None,
    }
    folder.write_private(info.data / folder.ADMIN_INFO, json.dumps(stored))
    ready(info)
