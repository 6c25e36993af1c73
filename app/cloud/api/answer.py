"""Answers one call of the Thing API, all of it or nothing, with an entry in the audit."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.cloud.api.call import Call, Handler, Text
from app.cloud.api.errors import ApiError, Trouble
from app.cloud.cipher import Cipher, CipherError
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Unavailable

_JSON = "application/json"
_HTML = "text/html; charset=utf-8"

_log = logging.getLogger("pythings.cloud")


@dataclass(frozen=True)
class Reply:
    """A status, a body, and its Content-Type; none for an empty body that is not a file."""

    status: int
    body: bytes
    content_type: str | None


def answer(
    cloud: Cloud,
    name: str,
    handler: Handler,
    read: Callable[[Call], None],
    call: Call | None = None,
) -> Reply:
    """Let `read` fill a call and `handler` answer it, within the caller's transaction.

    Raises Unavailable alone: nothing of the transaction has happened then.
    """
    call = call or Call()
    tid = ""
    try:
        with cloud.store.savepoint():
            reply, note = _handled(cloud, call, handler, read)
        tid = call.tid
    except Unavailable:
        raise
    # The boundary of the server: whatever goes wrong, a Thing gets the documented answer.
    except Exception as error:  # noqa: BLE001
        _log.warning("%s failed: %r", name, error)
        reply, note = _error(Trouble("unexpected"), None), type(error).__name__
    cloud.store.events.add(cloud.clock(), name, tid, reply.status, note, not call.known)
    return reply


def _handled(
    cloud: Cloud, call: Call, handler: Handler, read: Callable[[Call], None]
) -> tuple[Reply, str]:
    try:
        read(call)
        return _success(handler(cloud, call), call.cipher), call.note
    except Trouble as error:
        return _error(error, call.cipher), error.cause
    except ApiError as error:
        return _error(error, call.cipher), error.text


def _success(value: Any, cipher: Cipher | None) -> Reply:
    if isinstance(value, Text):
        text = value.text if cipher is None else _encrypted(cipher, value.text)
        return Reply(200, text.encode("utf-8"), _HTML)
    return _json(200, value, cipher)


def _error(error: ApiError, cipher: Cipher | None) -> Reply:
    return _json(error.status, error.text, None if error.plain else cipher)


def _json(status: int, value: Any, cipher: Cipher | None) -> Reply:
    if cipher is not None:
        return Reply(status, _encrypted(cipher, json.dumps(value)).encode("ascii"), _HTML)
    return plain_json(status, value)


def plain_json(status: int, value: Any) -> Reply:
    """Return an answer with a JSON value that is not encrypted; an empty one for None."""
    if value is None:
        return Reply(status, b"", None)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode("utf-8"), _JSON)


def _encrypted(cipher: Cipher, text: str) -> str:
    try:
        return cipher.encrypt(text)
    except CipherError as error:
        raise Trouble(str(error)) from error
