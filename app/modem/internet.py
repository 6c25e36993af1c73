"""The Internet behind the simulated modem, and an estimate of each request's bytes on the air."""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass, field
from typing import Callable

MANAGEMENT = "/apps/management/"

_SEGMENT = 1360  # bytes of data in a packet
_PACKET = 40  # bytes of TCP's and IP's headers
_PACKETS = 8  # to open and close a connection, both ways


@dataclass(frozen=True)
class Request:
    """A request of the modem: a POST with a `body`, or a GET (None)."""

    url: str
    tls: bool
    body: bytes | None
    headers: dict[str, str]
    limit_s: float


@dataclass(frozen=True)
class HttpAnswer:
    """An answer; a `status` of 600 and above is the modem's own, without head and body."""

    status: int
    head: bytes = b""
    body: bytes = b""


# Begins a request; the function returned is polled for the answer, None while there is none.
Fetch = Callable[[Request], Callable[[], "HttpAnswer | None"]]


def fetch(request: Request) -> HttpAnswer:
    """Perform a request, and wait for the answer; like the modem, verify no certificate."""
    # Imported here: every simulated board loads this module, most have no modem.
    import requests
    from urllib3.exceptions import InsecureRequestWarning

    url = "%s://%s" % ("https" if request.tls else "http", request.url.split("://")[-1])
    with requests.Session() as session:
        session.trust_env = False
        session.verify = False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InsecureRequestWarning)
                answer = session.request(
                    "GET" if request.body is None else "POST",
                    url,
                    data=request.body,
                    headers={**request.headers, "Accept-Encoding": None},
                    timeout=request.limit_s,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            return HttpAnswer(_own_status(error))
    lines = ["HTTP/1.1 %d %s" % (answer.status_code, answer.reason)]
    lines += ["%s: %s" % item for item in answer.headers.items()]
    return HttpAnswer(
        answer.status_code, ("\r\n".join(lines) + "\r\n\r\n").encode(), answer.content
    )


def _own_status(error: OSError) -> int:
    from requests.exceptions import ConnectionError as NotConnected
    from requests.exceptions import InvalidURL, SSLError

    text = repr(error)
    if isinstance(error, SSLError):
        return 606
    if isinstance(error, InvalidURL) or "NameResolution" in text or "getaddrinfo" in text:
        return 603
    if isinstance(error, NotConnected) and "BadStatusLine" in text:
        return 600
    return 601


def in_background(wake: Callable[[], None]) -> Fetch:
    """Return a `Fetch` with a thread for each request; call `wake` when one has ended."""

    def begin(request: Request) -> Callable[[], HttpAnswer | None]:
        answers: list[HttpAnswer] = []

        def work() -> None:
            answers.append(fetch(request))
            wake()

        threading.Thread(target=work, daemon=True).start()
        return lambda: answers[0] if answers else None

    return begin


@dataclass
class Traffic:
    """Counters of bytes.

    Bytes of HTTP `up` and `down`, and an estimate of all bytes on the `air` (with TCP and IP;
    without TLS), in all and by path. A cycle is from one management call to the next.
    """

    requests: int = 0
    up: int = 0
    down: int = 0
    air: int = 0
    cycles: int = 0
    by_path: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, request: Request, answer: HttpAnswer) -> int:
        """Count a request and its answer, and return the bytes on the air."""
        host, _, path = request.url.split("://")[-1].partition("/")
        path = "/" + path
        up = len(_head(host, path, request)) + len(request.body or b"")
        down = len(answer.head) + len(answer.body)
        segments = -(-up // _SEGMENT) + -(-down // _SEGMENT)
        air = up + down + _PACKET * (_PACKETS + 2 * segments)
        self.cycles += path.endswith(MANAGEMENT)
        self.requests, self.up = self.requests + 1, self.up + up
        self.down, self.air = self.down + down, self.air + air
        mine = self.by_path.setdefault(path, {"requests": 0, "up": 0, "down": 0, "air": 0})
        for name, value in (("requests", 1), ("up", up), ("down", down), ("air", air)):
            mine[name] += value
        return air

    def summary(self) -> dict[str, object]:
        """Return the totals, reported at the end."""
        per_cycle = self.air // self.cycles if self.cycles else 0
        return {
            "requests": self.requests,
            "up": self.up,
            "down": self.down,
            "air": self.air,
            "cycles": self.cycles,
            "air_per_cycle": per_cycle,
            "by_path": self.by_path,
        }


def _head(host: str, path: str, request: Request) -> bytes:
    """Return the request's head as the modem sends it."""
    method = "GET" if request.body is None else "POST"
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + host]
    lines += ["%s: %s" % item for item in request.headers.items()]
    lines += ["Content-Length: %d" % len(request.body or b"")]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
