"""The cloud that the Thing belongs to."""

from __future__ import annotations

from typing import Any, Protocol


class BodySource(Protocol):
    """A stream, as `Source` of ports/storage.py."""

    def readinto(self, buffer: memoryview) -> int:
        """Read the next bytes into `buffer`; return how many, 0 at the end."""


class CloudApi(Protocol):
    """The calls of the Pythings Cloud API v1, and the session that they happen in.

    Every call but `use`, `forget` and `in_session` blocks for a bounded time and raises
    `LinkError` (the cloud was not reached, or the answer was cut) or `CloudError`:
    `session` (there is none, or it has ended: register again), `refused` (it says no, and will
    again), `unacceptable` (it takes all but this very request), `trouble` (it cannot now: 5xx, a
    page instead of an answer), `wrong` (an answer that makes no sense or cannot be decrypted),
    `redirected`, `not_encrypted` (a clear answer in an encrypted session), `forged` (in payload
    mode 2: it is not the cloud's answer), `too_long`, `not_found`, `identity` (it knows this Thing
    by another one), and the errors of the transport.
    After `session` there is no session any more.
    """

    def use(self, backend: str, ssl: bool) -> None:
        """Speak to `backend` (`host` or `host:port`) from now on, by TLS or in the clear."""

    def forget(self) -> None:
        """Drop the session, its token and key, and the connection."""

    def in_session(self) -> bool:
        """Return whether there is a registered session that the cloud has not ended."""

    def register(self, identity: dict[str, Any], encrypted: bool, modulus: int) -> int:
        """Open a session, with payload encryption if asked; return the cloud's epoch (s, UTC).

        `identity`: tid, aid, app_version, pythings_version, pool, frozen, platform, and 1 as
        identity for a Thing that can prove its identity. `modulus`: of the cloud's RSA key, which
        encryption needs; 0 for that of the public cloud.
        """

    def keep(self) -> list[Any]:
        """Return the session as JSON values, for `resume` after a restart. It is then to be used
        there alone: the second is None unless its payload is encrypted."""

    def resume(self, session: list[Any]) -> None:
        """Set the session to a kept one. Raises ValueError, TypeError or IndexError if it is
        none."""

    def strong(self) -> bool:
        """Return whether the session speaks payload mode 2: all of it is the cloud's, and in
        order."""

    def salt(self) -> str:
        """Return the salt for the key that this session expects; "" if it expects none, or has had
        it."""

    def identify(self, key: bytes, known: bool) -> None:
        """Show the key (16 bytes) with the next management call; if it is `known` to the cloud,
        only prove possession of it, in a way that is of use in this session alone."""

    def management(self) -> tuple[dict[str, Any], tuple[str, str, Any] | None]:
        """Return the wanted settings as on the wire, and at most one message (mid, type, content).

        A message that is too long for the memory has the type LONG, and the reply to its sender as
        its content."""

    def reply(self, mid: str, content: Any) -> None:
        """Answer the message `mid` with any JSON value."""

    def reading(self, message: Any, epoch: int | str | None) -> None:
        """Deliver one reading taken at `epoch` (s, UTC, as a text if it has a fraction; None: now).

        The same `epoch` twice is stored once. Besides the codes above: `trouble` may also mean
        that this epoch is there already, the cloud does not tell the two apart.
        """

    def report(self, what: str, status: str, text: str | None) -> None:
        """Report the condition of `what` (`worker`, `management`, `pythings`): `OK` or `KO`, and
        why."""

    def app_files(self, version: str) -> list[str]:
        """Return the names of the files of an app version."""

    def app_file(self, version: str, name: str) -> BodySource:
        """Return one file of an app, as UTF-8, to be read before any other request.

        Reading it raises `CloudError` `cut_file` when the end mark is missing, and `not_found`: the
        bytes read so far must not be used then.
        """

    def os_file(self, version: str, platform: str, name: str) -> BodySource:
        """Return one file of the OS, byte for byte, to be read before any other request."""
