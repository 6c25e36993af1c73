"""The host names that are ours: a foreign web page must not speak to us through a browser.

A browser sends the name of the page it shows. An attacker that lets a name lead to our address (DNS
rebinding) is recognized by that name, which is in the public DNS; addresses, and names that only
this network can know, cannot be registered by an attacker. A page of another name is recognized by
its Origin. A Thing's Host is the name that it was given as its backend, and it sends no Origin.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from app.cloud.errors import CloudFailure

# RFC 6761, RFC 6762, RFC 8375, and the name that ICANN has set apart for private networks.
_PRIVATE = (".localhost", ".local", ".home.arpa", ".internal")
_LONGEST_NAME = 253  # RFC 1035, 2.3.4


class Hosts:
    """The host names that this cloud answers to, with those of `urls` and `names`."""

    def __init__(self, urls: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        public = [_authority(url) for url in urls]
        self._origins = frozenset(public)
        self._names = frozenset(map(_name, [*public, *names]))

    def refusal(self, host: str, origin: str | None) -> tuple[int, str] | None:
        """Return the status and text that refuse a request of these headers, None to accept it."""
        if not self._knows(_name(host)):
            name = _name(host)[:_LONGEST_NAME]
            return 421, (
                f"Sorry, but I do not know the host name {name}. If it is mine, start me with"
                f" --public-url http://{name} (or https)."
            )
        # The scheme is left out: behind a proxy we do not know which it was.
        if origin is not None:
            sender = origin.partition("://")[2].lower()
            if not sender or sender not in {host.lower(), *self._origins}:
                return 403, "Sorry, but I take nothing from the web page of another site."
        return None

    def _knows(self, name: str) -> bool:
        if name in self._names or "." not in name or name.endswith(_PRIVATE):
            return True
        if f"*.{name.partition('.')[2]}" in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def names_of(certificate: Path) -> list[str]:
    """Return the host names of the owner's PEM certificate, which are ours; none if unreadable."""
    try:
        extensions = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return names.get_values_for_type(x509.DNSName)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return []


def _authority(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise CloudFailure(f"{url} is no URL of a cloud. Give one like https://cloud.example.org.")
    return parts.netloc.lower()


def _name(authority: str) -> str:
    """Return the host of `host:port`, also of `[v6]:port`."""
    found = re.fullmatch(r"\[([^]]*)\](:\d*)?|([^:]*)(:\d*)?", authority.lower())
    if found is None:
        return authority  # no browser sends it
    return found[1] or (found[3] or "").rstrip(".")
