"""The options of a cloud: its data, the places it listens at, its limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cloud.alarms.mail import MailServer
from app.cloud.bucket import RATE
from app.cloud.cloud import SESSION_S
from app.cloud.guests import HANDSHAKE_S, MOST, MOST_BY_ADDRESS, REQUEST_S
from app.cloud.mqtt.broker import Broker


@dataclass(frozen=True)
class ServerOptions:
    """Serving options; `port` 0 takes a free one, `close` ends the connection after each response.

    `cert` and `key` are PEM files; with `tls` and without them, we make our own. `request_s`: the
    time for a request to arrive, and of that, `handshake_s` for TLS; `most`: connections in all,
    and `most_by_address` of one address. `public_urls`: its URLs for Things and browsers, beside
    its addresses and the names of this network. `rate`: requests a second that the strangers of one
    address may make, 0 for any; `trusted_proxies`: addresses that may name the client of a request
    by `X-Forwarded-For`. `session_s`: see Cloud; `key_pair`: a file, in `data` if it is None;
    `store_key`, `forget_keys` and `database`, a URL: see Store. `workers`: processes, of which each
    has the limits of its own. `json_log`: a line of JSON for each notice. `mail`: for the e-mail of
    alarms; `mqtt`: for readings. `owner` is asked for the password of the first owner, see
    first_owner.
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
    key_pair: Path | None = None
    forget_keys: bool = False
    database: str | None = None
    workers: int = 1
    json_log: bool = False
    mail: MailServer | None = None
    mqtt: Broker | None = None
    owner: Callable[[], str] | None = None
