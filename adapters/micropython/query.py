"""A parser of the setup portal's requests: GET, and the values in the query."""

from __future__ import annotations

from binascii import unhexlify

MAX_HEAD = 2048  # bytes of a request: phones' browsers send some 600


def parse(head: bytes) -> dict[str, str] | None:
    """Return the query's values by name, or None for a method that is not GET.

    `head` may lack the text after the first line. Raises ValueError for an invalid request line, an
    invalid escape, invalid UTF-8, or a name that comes twice. `+` stands for itself: the pages
    that call us encode spaces as `%20`.
    """
    words = head.split(b"\r\n")[0].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1.") or len(head) > MAX_HEAD:
        raise ValueError("is no request line")
    if words[0] != b"GET":
        return None
    found: dict[str, str] = {}
    for pair in (words[1].split(b"?", 1) + [b""])[1].split(b"&"):
        name, value = [_decoded(part) for part in (pair.split(b"=", 1) + [b""])[:2]]
        if name in found:
            raise ValueError("%s is there twice" % name)
        if name:
            found[name] = value
    return found


def host(head: bytes) -> str:
    """Return the field Host (RFC 9110 7.2) of a request; "" for none, or more than one."""
    lines = head.split(b"\r\n")[1:]
    found = [line[5:].strip() for line in lines if line[:5].lower() == b"host:"]
    return found[0].decode() if len(found) == 1 else ""


def _decoded(text: bytes) -> str:
    parts = text.split(b"%")
    data = parts[0]
    for part in parts[1:]:
        if not part:
            raise ValueError("% stands alone")
        data += unhexlify(part[:2]) + part[2:]
    return data.decode()
