"""The local cloud as a server: opens the data folder, listens, says when ready, stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cloud import folder, log
from app.cloud.alarms.courier import Courier
from app.cloud.alarms.watch import AlarmWatch
from app.cloud.api.endpoint import ThingApi
from app.cloud.certificates import Certificate, make_certificate
from app.cloud.cloud import Cloud
from app.cloud.crew import Crew
from app.cloud.errors import CloudFailure
from app.cloud.event_notifier import EventNotifier
from app.cloud.folder import ACCOUNT
from app.cloud.guests import GuestLimits, address_of
from app.cloud.health import Health
from app.cloud.hosts import Hosts, names_of
from app.cloud.http import Front
from app.cloud.listening import listen, url_of
from app.cloud.manage.api import PREFIX, ManageApi
from app.cloud.manage.service import Management
from app.cloud.manage.service.people import first_owner
from app.cloud.metrics import together
from app.cloud.metrics.census import census
from app.cloud.metrics.endpoint import Exposition, Measured
from app.cloud.mqtt.publisher import MqttPublisher
from app.cloud.options import ServerOptions
from app.cloud.reader import Reader
from app.cloud.rollouts.ticker import Ticker
from app.cloud.service import Beside, NotifyingServer, config_of, files_for
from app.cloud.srsa import load_key_pair
from app.cloud.store import Store
from app.cloud.web.api import WebApi
from app.cloud.writer import Writer

if TYPE_CHECKING:
    from app.cloud.metrics.meters import Meters

_SECRETS = (folder.ADMIN_SECRET, folder.METRICS_SECRET)
_ONE_WRITER = (
    "SQLite has one writer at a time: several workers on its file would wait for each other. Give"
    " --database with a PostgreSQL, or --workers 1."
)


@dataclass(frozen=True)
class Ready:
    """The facts that a client needs to connect.

    `ca` is the certificate to trust if it is ours, `modulus` the public key, `aid` the id that a
    Thing can register with: the oldest app's, or the account's while there is none.
    """

    url: str
    data: Path
    ca: Path | None
    modulus: int
    aid: str


__all__ = ["CloudServer", "MakeBeside", "Ready", "ServerOptions"]

# The factory of a Beside, from the services of a cloud and its URL.
MakeBeside = Callable[[Management, str], Beside]


class CloudServer:
    """One local cloud; `run` blocks until `stop`, or SIGTERM or SIGINT in the main thread.

    `beside` makes another service for its event loop, if it is one process.
    """

    def __init__(self, options: ServerOptions, beside: MakeBeside | None = None) -> None:
        self._options = options
        self._beside = beside
        self._server: NotifyingServer | None = None

    def run(self, ready: Callable[[Ready], None]) -> None:
        """Serve; calls `ready` once connections are accepted. Raises CloudFailure before that."""
        options = self._options
        if options.workers > 1 and options.database is None:
            raise CloudFailure(_ONE_WRITER)
        with folder.claimed(options.data), listen(options.host, options.port) as listener:
            certificate = _certificate(options)
            url = url_of(options.host, listener, certificate.path is not None)
            with contextlib.closing(log.to_stderr(options.json_log)) as notices:
                with self._cloud(certificate, notices.warn) as cloud:
                    if options.owner is not None:
                        first_owner(cloud, options.owner)
                    aid, modulus = _aid(cloud.store), cloud.keys.modulus
                    info = Ready(url, options.data, certificate.ca, modulus, aid)
                    announce = functools.partial(_announce, info, ready)
                    if options.workers == 1:
                        with _announced(options.data):
                            self._serve(cloud, certificate, listener, announce, url)
                        return
                # The database is closed before the fork: a connection belongs to one process.
                work = functools.partial(self._work, certificate, listener, notices.warn)
                with _announced(options.data), together.shared(options.data / folder.METRICS):
                    Crew(options.workers, work, notices.warn, together.ended).run(announce)

    @contextlib.contextmanager
    def _cloud(self, certificate: Certificate, warn: Callable[[str], None]) -> Iterator[Cloud]:
        for name in _SECRETS:  # or each worker would make them
            _secret(self._options, name)
        with contextlib.closing(_store(self._options)) as store:
            yield _cloud(self._options, store, certificate.path is not None, warn)

    def _work(
        self,
        certificate: Certificate,
        listener: socket.socket,
        warn: Callable[[str], None],
        ready: Callable[[], None],
        parent: int,
    ) -> None:
        """Serve as one of several workers, until the descriptor `parent` is readable: it ended."""

        def begin() -> None:
            asyncio.get_running_loop().add_reader(parent, self.stop)
            ready()

        with self._cloud(certificate, warn) as cloud:
            self._serve(cloud, certificate, listener, begin)

    def _serve(
        self,
        cloud: Cloud,
        certificate: Certificate,
        listener: socket.socket,
        ready: Callable[[], None],
        url: str = "",
    ) -> None:
        from app.cloud.metrics.meters import Meters  # it has to follow `together.shared`

        options = self._options

        def begin() -> None:
            cloud.notifier.open()
            ready()

        counted = Meters()
        reopened = replace(options, forget_keys=False)  # once is enough
        with (
            contextlib.closing(Writer(cloud.store, meter=counted)) as writer,
            contextlib.closing(Reader(cloud, lambda: _store(reopened))) as reader,
        ):
            secret = _secret(options, folder.ADMIN_SECRET)
            manage = Management(cloud, writer, reader, secret)
            front = Measured(_front(options, cloud, writer, counted, manage), counted)
            config = config_of(front, certificate, options.trusted_proxies)
            limits = GuestLimits(
                request_s=options.request_s,
                handshake_s=min(options.handshake_s, options.request_s),
                most=files_for(options.most),
                exempt=frozenset(map(address_of, options.trusted_proxies)),
                most_by_address=options.most_by_address,
            )
            made = [self._beside(manage, url)] if self._beside and url else []
            courier = Courier(cloud, reader, writer, options.mail)
            watch = AlarmWatch(cloud, reader, writer, courier.wake)
            beside: list[Beside] = [Ticker(cloud, writer), watch, courier, *made]
            if options.mqtt is not None:
                alone = options.database is None
                beside.append(MqttPublisher(cloud, reader, writer, manage, options.mqtt, alone))
            self._server = NotifyingServer(config, limits, begin, cloud.notifier.close, beside)
            self._server.run(sockets=[listener])

    def stop(self) -> None:
        """Make `run` return; safe from any thread, once ready."""
        assert self._server is not None
        self._server.should_exit = True


def _certificate(options: ServerOptions) -> Certificate:
    if options.tls and options.cert is None:
        try:
            return make_certificate(options.data / folder.CERTIFICATES, options.host)
        except (OSError, ValueError) as error:
            raise CloudFailure(
                f"Cannot make a certificate ({error}). Remove the folder "
                f"{options.data / folder.CERTIFICATES} to have a new CA made."
            ) from error
    return Certificate(None, options.cert, options.key)


def _store(options: ServerOptions) -> Store:
    path = options.data / folder.DATABASE
    return Store(path, options.store_key, options.forget_keys, options.database)


def _cloud(options: ServerOptions, store: Store, tls: bool, warn: Callable[[str], None]) -> Cloud:
    with store.transaction():
        store.accounts.add(ACCOUNT)
    keys = load_key_pair(options.key_pair or options.data / folder.KEY_PAIR)
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
    notifier = (
        store.notifier() if options.database else EventNotifier()
    )  # other processes may use it, on any machine
    mails = options.mail is not None
    return Cloud(
        store, keys, time.time, notifier, options.dist, tls, warn, options.session_s, mails
    )


def _aid(store: Store) -> str:
    shown = [app.aid for app in store.apps.all() if not app.hidden]
    if shown:
        return shown[0]
    account = store.accounts.named(ACCOUNT)
    assert account is not None  # it was added above
    return account.aid


def _secret(options: ServerOptions, name: str) -> str:
    return folder.read_or_make(options.data / name, secrets.token_urlsafe)


def _front(
    options: ServerOptions, cloud: Cloud, writer: Writer, counted: Meters, manage: Management
) -> Front:
    names = [options.host, socket.gethostname()]
    if options.cert is not None:
        names += names_of(options.cert)
    hosts = Hosts(options.public_urls, names)
    things = ThingApi(cloud, writer, options.rate)
    token = _secret(options, folder.METRICS_SECRET)
    scripts = WebApi(things, cloud, manage, options.rate)
    outside = Exposition(Health(scripts, writer), counted, token, lambda: _census(cloud))
    return Front(PREFIX, ManageApi(manage), outside, hosts, options.close)


def _census(cloud: Cloud) -> dict[str, int]:
    with cloud.store.beside() as database:
        return census(database, cloud.clock())


def _announce(info: Ready, ready: Callable[[Ready], None]) -> None:
    stored = {
        "url": info.url,
        "token": str((info.data / folder.ADMIN_SECRET).resolve()),
        "ca": str(info.ca.resolve()) if info.ca else None,
    }
    folder.write_private(info.data / folder.ADMIN_INFO, json.dumps(stored))
    ready(info)


@contextlib.contextmanager
def _announced(data: Path) -> Iterator[None]:
    try:
        yield
    finally:
        (data / folder.ADMIN_INFO).unlink(missing_ok=True)
