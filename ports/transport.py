"""HTTP exchanges with one backend, over whatever the link is made of."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """Carries one request at a time; keeps the connection open when the other side does."""

    def use(self, backend: str, ssl: bool) -> None:
        """Speak to `backend` (`host` or `host:port`) from now on, by TLS or in the clear."""

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """POST JSON; gives (status, content type without parameters), and `readinto` the body. In
        place of the type of a 429 or 503: the seconds of its Retry-After (digits), if it has that.

        At most `limit` bytes of body are taken, of other answers than a 200 the first few
        kilobytes. A request on a kept connection that ends without an answer may be sent again,
        once; a 5xx to that is `cut`, as the first may have been obeyed. Blocks for a bounded time,
        its body included, whatever the other side does. Follows no redirect.
        Raises `LinkError`: `no_address`, `refused`, `timeout`, `no_link`, `tls`, `cut` (the
        answer ended early); `CloudError`: `too_long` (over `limit`), `not_http`.
        """

    def readinto(self, buffer: memoryview) -> int:
        """The body of the last answer, a stream as in ports/storage.py; raises what `post` does.

        Whoever does not read it to its end loses the connection, and nothing else.
        """

    def close(self) -> None:
        """Let go of the connection. Never raises."""
