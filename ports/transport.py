"""HTTP exchanges with one backend, over any kind of link."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """An HTTP client for one request at a time; it keeps the connection open when the other side
    does."""

    def use(self, backend: str, ssl: bool) -> None:
        """Speak to `backend` (`host` or `host:port`) from now on, by TLS or in the clear."""

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """Send JSON by POST; return (status, content type without parameters), and let `readinto`
        read the body. In place of the type of a 429 or 503: the seconds of its Retry-After
        (digits), if it has that.

        At most `limit` bytes of body are taken, of other answers than a 200 the first few
        kilobytes. A request on a kept connection that ends without an answer may be sent again,
        once; a 5xx to that is `cut`, as the first may have been obeyed. Blocks for a bounded time,
        its body included, even if the other side stalls. Follows no redirect. Raises `LinkError`:
        `no_address`, `refused`, `timeout`, `no_link`, `tls`, `cut` (the answer ended early);
        `CloudError`: `too_long` (over `limit`), `not_http`.
        """

    def readinto(self, buffer: memoryview) -> int:
        """Read the body of the last answer, a stream as in ports/storage.py; raises the errors of
        `post`.

        A body that is not read to its end costs the connection, and nothing else.
        """

    def close(self) -> None:
        """Close the connection. Never raises."""
