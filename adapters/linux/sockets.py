"""Names, routes and TLS in bounded time, for the other network adapters."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from datetime import datetime, timezone
from typing import Any, Callable

from domain.errors import LinkError

# (family, address) of a host; the address as `connect` takes it.
Address = tuple[int, Any]

# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL.
_DATE_CODES = (9, 10)
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, for which Python has no name

# Addresses for documentation (RFC 5737, RFC 3849): in no network, so only a default route leads
# there. Nothing is sent to them.
_ELSEWHERE: tuple[Address, ...] = (
    (socket.AF_INET, ("192.0.2.1", 9)),
    (socket.AF_INET6, ("2001:db8::1", 9)),
)


def authority(host: str, port: int) -> str:
    """Return host:port, with an IPv6 address in brackets (RFC 3986 3.2.2)."""
    return ("[%s]:%d" if ":" in host else "%s:%d") % (host, port)


def route(address: Address) -> str:
    """Return our own address on the way to `address`, or "" if there is no route. Sends nothing."""
    try:
        with socket.socket(address[0], socket.SOCK_DGRAM) as probe:
            probe.connect(address[1])
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def online() -> bool:
    """Return whether there is a network with a default route."""
    return any(route(address) for address in _ELSEWHERE)


def resolve(
    host: str, port: int, limit_s: float, getaddrinfo: Callable[..., Any] = socket.getaddrinfo
) -> list[Address]:
    """Return the addresses of `host` within `limit_s` seconds. Raises `no_address` or `no_link`."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is too long
            answers.put(error)

    # The C library asks the name servers in turn, with its own timeouts: not on our thread.
    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.001, limit_s))
    except queue.Empty:
        answer = OSError("the name server does not answer")
    if isinstance(answer, Exception):
        reason = getattr(answer, "strerror", None) or str(answer)
        if not online():
            raise LinkError("no_link", "no network - connect this machine to one") from answer
        raise LinkError(
            "no_address",
            "%s has no address: %s - check the backend's name and the name server" % (host, reason),
        ) from answer
    return [(family, address) for family, _, _, _, address in answer]


def io_error(error: OSError, where: str) -> LinkError:
    """Return the error for an open connection that failed: `timeout` or `cut`."""
    if isinstance(error, TimeoutError):
        return LinkError("timeout", "%s did not answer in time" % where)
    reason = error.strerror or str(error) or type(error).__name__
    return LinkError("cut", "the connection to %s broke off: %s" % (where, reason))


def tls_context(ca: str | None) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, by the authorities in the file `ca`
    or the public ones.

    The public ones are certifi's: small machines often have none, or old ones. Raises `tls`.
    """
    if ca is None:
        import certifi

        ca = certifi.where()
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or str(error)
        text = "cannot use the certificates in %s: %s - give a PEM file with --ca" % (ca, reason)
        raise LinkError("tls", text) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def ignore_dates(context: ssl.SSLContext, ignore: bool) -> None:
    """Set whether OpenSSL ignores the dates of certificates: it knows only the machine's clock."""
    flags = context.verify_flags & ~_NO_CHECK_TIME
    context.verify_flags = ssl.VerifyFlags(flags | (_NO_CHECK_TIME if ignore else 0))


def check_dates(certificate: Any, now: float, where: str) -> None:
    """Raise `tls` unless the server's certificate is valid at `now`, seconds since 1970."""
    begins, ends = (
        ssl.cert_time_to_seconds(certificate[name]) for name in ("notBefore", "notAfter")
    )
    if not begins <= now <= ends:
        what = "is not yet valid" if now < begins else "has expired"
        text = "the certificate of %s %s by the clock of a time server, which says %s - renew it"
        raise LinkError("tls", text % (where, what, _shown(now)))


def _shown(now: float) -> str:
    return datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def handshake_error(error: OSError, where: str) -> LinkError:
    """Return the error for a failed handshake: `tls` or `timeout`."""
    if isinstance(error, TimeoutError):
        return LinkError("timeout", "%s did not answer the TLS handshake in time" % where)
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _DATE_CODES:
            text = "the certificate of %s: %s by the clock of this machine, which says %s - set it"
            text += "; if it is right, the certificate has to be renewed"
            now = _shown(datetime.now(timezone.utc).timestamp())
            return LinkError("tls", text % (where, error.verify_message, now))
        text = "the certificate of %s is not trusted: %s - give a private authority with --ca"
        return LinkError("tls", text % (where, error.verify_message))
    reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
    return LinkError("tls", "no TLS with %s: %s - does it speak TLS there?" % (where, reason))
