"""The e-mail of an alarm, by the mail server that the cloud was started with."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from app.cloud.alarms.webhook import Undelivered
from app.cloud.errors import CloudFailure

_PORTS = {"smtp": 587, "smtps": 465}
_LOCAL = ("localhost", "127.0.0.1", "::1")
_LONGEST = 254  # characters of an address: RFC 5321, 4.5.3.1
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+")
_EXAMPLE = "Give one like smtps://USER@mail.example.org, its password in a file."


@dataclass(frozen=True)
class MailServer:
    """A mail server; TLS from the first byte (`secure`), else by STARTTLS unless it is `local`."""

    host: str
    port: int
    secure: bool
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def local(self) -> bool:
        """Tell whether it is on this machine, where nobody listens on the way."""
        return self.host in _LOCAL


@dataclass(frozen=True)
class Letter:
    """One e-mail; `number`: of its events, so that a second copy is known as such."""

    to: str
    subject: str
    lines: Sequence[str]
    number: str
    time: float


def is_address(text: str) -> bool:
    """Tell whether a text is an e-mail address that can be sent to."""
    return len(text) <= _LONGEST and bool(_ADDRESS.fullmatch(text))


def server_of(url: str, sender: str, password: str) -> MailServer:
    """Return the mail server of a URL; raises CloudFailure."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise CloudFailure(f"--smtp names no mail server. {_EXAMPLE}") from error
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise CloudFailure(f"--smtp names no mail server. {_EXAMPLE}")
    if parts.password:
        raise CloudFailure(f"--smtp must not hold a password: `ps` would show it. {_EXAMPLE}")
    if not is_address(sender):
        raise CloudFailure("Give --mail-from the address that alarms are sent from.")
    user = unquote(parts.username or "")
    if bool(user) != bool(password):
        raise CloudFailure("Give both a user in --smtp and its password, or neither.")
    return MailServer(parts.hostname, port, parts.scheme == "smtps", sender, user, password)


async def send(server: MailServer, letter: Letter, timeout_s: float) -> None:
    """Hand an e-mail to the mail server; raises Undelivered."""
    import aiosmtplib  # most clouds send none

    message = EmailMessage()
    message["From"], message["To"] = server.sender, letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate(letter.time)
    message["Message-ID"] = f"<{letter.number}@{server.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation note comes back
    message.set_content("\n".join(letter.lines) + "\n")
    try:
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.secure,
            start_tls=None if server.secure else not server.local,
            tls_context=ssl.create_default_context(),
            timeout=timeout_s,
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise Undelivered(f"the mail server does not take it ({error})") from error
