"""The MQTT broker that a cloud is started with."""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from adapters.linux import inputs
from app.cloud.errors import CloudFailure
from app.cloud.mqtt.topics import Names

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXAMPLE = "Give one like mqtts://USER@broker.example.org, its password in a file."
_PREFIX = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


@dataclass(frozen=True)
class Broker:
    """A broker; `secure`: by TLS, verified with the system's authorities or those in `ca`.

    `messages`: messages to Things may come from it.
    """

    host: str
    port: int
    secure: bool
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    names: Names = Names()
    messages: bool = False

    @property
    def exposed(self) -> bool:
        """Tell whether a password goes in the clear to another machine."""
        return bool(self.password) and not self.secure and not _is_loopback(self.host)

    def context(self) -> ssl.SSLContext | None:
        """Return how to verify the broker; raises CloudFailure for a file without certificates."""
        if not self.secure:
            return None
        try:
            if self.ca is not None:
                inputs.check(self.ca)
            return ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
        except OSError as error:  # ssl.SSLError is one
            raise CloudFailure(
                f"--mqtt-ca {self.ca} has no certificates (PEM): {error.strerror or error}."
            ) from error


def broker_of(
    url: str,
    password: str = "",
    ca: Path | None = None,
    prefix: str = "pythings",
    discovery: str = "homeassistant",
    messages: bool = False,
) -> Broker:
    """Return the broker of a URL; raises CloudFailure."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise CloudFailure(f"--mqtt names no broker. {_EXAMPLE}") from error
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise CloudFailure(f"--mqtt names no broker. {_EXAMPLE}")
    if parts.password:
        raise CloudFailure(f"--mqtt must not hold a password: `ps` would show it. {_EXAMPLE}")
    user = unquote(parts.username or "")
    if password and not user:
        raise CloudFailure(f"There is a password, but no user in --mqtt. {_EXAMPLE}")
    if ca is not None and parts.scheme != "mqtts":
        raise CloudFailure("--mqtt-ca is for mqtts://.")
    for name, text in (("--mqtt-prefix", prefix), ("--mqtt-discovery", discovery or "none")):
        if not _PREFIX.fullmatch(text):
            raise CloudFailure(f"{name} must be letters, digits, _ . - and / between them.")
    names = Names(prefix, discovery)
    it = Broker(parts.hostname, port, parts.scheme == "mqtts", user, password, ca, names, messages)
    it.context()
    return it


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
