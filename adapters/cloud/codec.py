"""Requests and answers of the API, without I/O.

An answer is a bare JSON value or empty. An error is a status and one JSON string. In an encrypted
session all of that is encrypted, except errors that arise before the cloud has found the session
of the request; so only an error may come in the clear there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from adapters.cloud.cipher import decrypt, encrypt
from adapters.cloud.jsontext import dump
from domain.errors import CloudError

if TYPE_CHECKING:
    from ports.crypto import Cipher

_MAX_ERROR = 2048  # bytes: the API's own errors have about 100 characters, or 400 encrypted
_LOGIN = "does this network want a login in a browser?"
_BEFORE = "is a firewall or proxy before it, or are backend and ssl wrong?"
_MAX_WAIT = 3600  # seconds: any server on the way may have sent the Retry-After
_MAX_SAID = 120  # characters of the cloud's text in one of ours, which then stays below 200


def request(fields: dict[str, Any], token: str | None, aes: Cipher | None) -> bytes:
    """Return the body; in an encrypted session all but the token is encrypted.

    Raises CloudError `unacceptable` for fields that cannot be written as JSON.
    """
    try:
        text = dump(fields)
    except (ValueError, RuntimeError):  # a huge number; nested too deeply, or in itself
        raise CloudError("unacceptable", "what is to be sent cannot be written as JSON") from None
    if aes is not None:
        text = '{"encrypted":"%s"}' % encrypt(aes, text)
    if token is not None:
        comma = "," if len(text) > 2 else ""
        text = '%s%s"token":%s}' % (text[:-1], comma, dump(token))
    return text.encode()


def answer(status: int, kind: str, body: bytes, aes: Cipher | None) -> Any:
    """Return the JSON value of an answer, None for an empty one; `kind` is its content type.

    Raises CloudError as listed in ports.cloud for every other answer.
    """
    if status != 200:
        error = _failure(status, body, aes)
        if kind.isdigit():  # the seconds of a Retry-After
            error.wait_s = min(int(kind), _MAX_WAIT)
        raise error
    if is_page(body):
        raise CloudError("trouble", "a page instead of an answer - " + _LOGIN)
    if aes is not None:
        if "json" in kind or not body[:1].isdigit():
            raise not_encrypted()
        body = decrypt(aes, body)
    return _load(body) if body else None


def not_encrypted() -> CloudError:
    """Return the error for an answer in the clear in an encrypted session."""
    return CloudError(
        "not_encrypted",
        "the cloud answers in the clear - switch payload_encryption off if it cannot do better",
    )


def wrong_shape() -> CloudError:
    """Return the error for an answer with JSON of another shape than expected."""
    return CloudError("wrong", "the cloud's answer makes no sense - is this a Pythings Cloud?")


def _failure(status: int, body: bytes, aes: Cipher | None) -> CloudError:
    said = _said(body, aes)
    code = "wrong"
    step = "is this a Pythings Cloud?" if said else _BEFORE
    if status >= 500 or status in (408, 429):
        code, step = "trouble", _LOGIN if status == 511 else "it is tried again later"
    elif 300 <= status < 400:
        code, step = "redirected", "does this network want a login, or is backend wrong?"
    elif status in (400, 401) and "token" in said.lower():
        code, step = "session", "the Thing registers again"
    elif status in (401, 403):
        code = "refused"
        if said:
            step = "check the App id and the limits of its account"
        if "identity" in said:
            code, step = "identity", "is its id another Thing's, too? pythings cloud thing admit"
    elif (status == 400 and not is_page(body)) or status == 413:  # 413, of a proxy: too large
        code, step = "unacceptable", ""
    elif status == 404 and said:
        code, step = "not_found", ""
    text = "the cloud answers %d %s" % (status, said)
    return CloudError(code, text.rstrip() + (" - " + step if step else ""))


def _said(body: bytes, aes: Cipher | None) -> str:
    """Return the text of an error, bounded and printable; empty if it is not one of the API's."""
    if len(body) > _MAX_ERROR:
        return ""
    try:
        if aes is not None and body[:1].isdigit():
            body = decrypt(aes, body)
        text = _load(body)
    except CloudError:
        return ""
    if not isinstance(text, str):
        return ""
    return "".join([char if " " <= char <= "~" else "?" for char in text[:_MAX_SAID]])


def is_page(body: bytes) -> bool:
    """Tell whether this is a page and no JSON."""
    return body[:64].lstrip().startswith(b"<")


def _load(body: bytes) -> Any:
    try:
        return json.loads(body.decode())
    except (ValueError, TypeError, RuntimeError):  # the last: nested too deeply
        raise wrong_shape() from None
