"""The webhook of an alarm: one signed POST, to an address that may be asked, within bounds.

A URL is chosen by an app's owner and called from inside of the cloud's network. So a name is
resolved once, each address is checked, and the connection goes to the one that was checked; no
redirect is followed, and no body is read.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import h11

SIGNATURE = "Pythings-Signature"
_PORTS = {"https": 443, "http": 80}
_LONGEST_URL = 2000  # characters
_LONGEST_HEAD = 16 * 1024  # bytes of an answer before its body
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Undelivered(Exception):
    """A delivery that failed; the text says why, and holds no secret."""


@dataclass(frozen=True)
class WebhookCall:
    """The target of a webhook; `inside`: it may be in the cloud's own network."""

    url: str
    secret: str
    inside: bool


def shown(url: str) -> str:
    """Return the part of a URL that is no secret; raises ValueError for a URL without a use."""
    parts = urlsplit(url)
    if len(url) > _LONGEST_URL or not (url.isascii() and url.isprintable() and " " not in url):
        raise ValueError("it is longer than 2000 characters, or not ASCII")
    if parts.scheme not in _PORTS or not parts.hostname or parts.port == 0:
        raise ValueError("it must be like https://example.org/path")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("it must have no user, password or fragment")
    return f"{parts.scheme}://{parts.netloc}"


def sign(secret: str, time: int, body: bytes) -> str:
    """Return the header's value: `t=TIME,v1=HEX`, an HMAC-SHA-256 over `TIME.body`."""
    text = f"{time}.".encode() + body
    return f"t={time},v1={hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}"


def may_reach(address: str, inside: bool) -> bool:
    """Tell whether a webhook may go to an address: a public one, or `inside` a private one.

    Link-local addresses are never reached: providers serve the secrets of machines there.
    """
    it = _real(ipaddress.ip_address(address.partition("%")[0]))
    if it.is_link_local or it.is_multicast or it.is_unspecified:
        return False
    return it.is_global or inside


def _real(it: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 address leads to, or the address itself."""
    if isinstance(it, ipaddress.IPv4Address):
        return it
    if it in _NAT64:
        return ipaddress.IPv4Address(int(it) & 0xFFFFFFFF)
    return it.ipv4_mapped or it.sixtofour or it


async def post(hook: WebhookCall, time: int, body: bytes, timeout_s: float) -> None:
    """Send a signed body; raises Undelivered if it is not answered with 2xx in time."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "pythings-cloud",
        SIGNATURE: sign(hook.secret, time, body),
    }
    try:
        status = await asyncio.wait_for(_status(hook, headers, body), timeout_s)
    except asyncio.TimeoutError as error:
        raise Undelivered(f"no answer within {timeout_s:.0f} s") from error
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that is none
        raise Undelivered(f"no connection ({error})") from error
    except h11.ProtocolError as error:
        raise Undelivered(f"no HTTP answer ({error})") from error
    if 300 <= status < 400:
        raise Undelivered(f"it answers {status}: redirects are not followed")
    if not 200 <= status < 300:
        raise Undelivered(f"it answers {status}")


async def _status(hook: WebhookCall, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(hook.url)
    assert parts.hostname
    secure = parts.scheme == "https"
    port = parts.port or _PORTS[parts.scheme]
    address = await _address(parts.hostname, port, hook.inside, secure)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(
        address, port, ssl=context, server_hostname=parts.hostname if secure else None
    )
    try:
        return await _exchange(reader, writer, parts, headers, body)
    finally:
        writer.transport.abort()  # a server that does not close holds nothing of ours


async def _address(name: str, port: int, inside: bool, secure: bool) -> str:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    addresses = [str(row[4][0]) for row in found]
    allowed = [address for address in addresses if may_reach(address, inside)]
    if not allowed:
        raise Undelivered(
            f"{name} is not a public address: only an owner of the whole cloud may name others,"
            " and none that is link-local"
        )
    if not secure and may_reach(allowed[0], False):
        raise Undelivered(f"{name} is a public address, and needs https")
    return allowed[0]


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    parts: SplitResult,
    headers: Mapping[str, str],
    body: bytes,
) -> int:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"Host": parts.netloc, "Connection": "close", "Content-Length": str(len(body))}
    request = h11.Request(method="POST", target=path, headers=list({**fields, **headers}.items()))
    for part in (request, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(connection.send(part) or b"")
    await writer.drain()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(4096))
        elif isinstance(event, h11.Response):
            return event.status_code
        elif not isinstance(event, h11.InformationalResponse):
            raise Undelivered("the connection was closed without an answer")
