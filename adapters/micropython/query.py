"""The requests that the setup portal takes: GET, and what stands in the query."""

from __future__ import annotations

MAX_HEAD = 2048  # bytes of a request: phones' browsers send some 600


def parse(head: bytes) -> dict[str, str] | None:
    """The query's values by name, or None for a method that is not GET.

    `head` may lack what follows the first line. Raises ValueError for what is no request line, or
    has an escape that is none, or is not UTF-8. `+` stands for itself: the pages that call us
    encode spaces as `%20`.
    """
    words = head.split(b"\r\n")[0].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        raise ValueError("is no request line")
    if words[0] != b"GET":
        return None
    found = {}
    for pair in (words[1].split(b"?") + [b""])[1].split(b"&"):
        name, value = (pair.split(b"=") + [b""])[:2]
        if name:
            found[_decoded(name)] = _decoded(value)
    return found


def _decoded(text: bytes) -> str:
    parts = text.split(b"%")
    data = parts[0]
    for part in parts[1:]:
        data += bytes([int(part[:2].decode(), 16)]) + part[2:]
    return data.decode()
