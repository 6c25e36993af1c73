"""The answer to one call of the Thing API, all of it or nothing, with an entry in the audit."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.cloud.api.call import Call, Handler, Raw, Text
from app.cloud.api.errors import ApiError, NotAuthentic, Trouble
from app.cloud.box import CloudBox
from app.cloud.cipher import CipherError, SessionCipher
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Unavailable

_BINARY = "application/octet-stream"
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

    Raises only Unavailable: then nothing of the transaction has happened.
    """
    call = call or Call()
    tid = ""
    try:
        with cloud.store.savepoint(seldom=True):
            reply, note = _handled(cloud, call, handler, read)
        tid = call.tid
    except Unavailable:
        raise
    # The boundary of the server: on any error, a Thing gets the documented answer.
    except Exception as error:  # noqa: BLE001
        _log.warning("%s failed: %r", name, error)
        # In the clear: the rollback has also undone the count of the request's number, under which
        # only one answer may be encrypted.
        reply, note = _error(Trouble("unexpected"), Call()), type(error).__name__
    cloud.store.events.add(cloud.clock(), name, tid, reply.status, note, not call.known)
    return reply


def _handled(
    cloud: Cloud, call: Call, handler: Handler, read: Callable[[Call], None]
) -> tuple[Reply, str]:
    try:
        read(call)
        return _success(handler(cloud, call), call), call.note
    except (Trouble, NotAuthentic) as error:
        return _error(error, call), error.cause
    except ApiError as error:
        return _error(error, call), error.text


def _success(value: Any, call: Call) -> Reply:
    cipher = call.cipher
    if isinstance(value, Raw):
        return Reply(200, value.data, _BINARY)
    if call.box is not None:
        return _sealed(call.box, 200, value)
    if isinstance(value, Text):
        text = value.text if cipher is None else _encrypted(cipher, value.text)
        return Reply(200, text.encode("utf-8"), _HTML)
    return _json(200, value, cipher)


def _error(error: ApiError, call: Call) -> Reply:
    if call.box is not None:
        return _sealed(call.box, error.status, error.text)
    return _json(error.status, error.text, None if error.plain else call.cipher)


def _sealed(box: CloudBox, status: int, value: Any) -> Reply:
    """Return an answer in payload mode 2, where any text is encrypted."""
    if isinstance(value, Text):
        text = value.text
    else:
        text = "" if value is None else json.dumps(value, separators=(",", ":"))
    return Reply(status, box.seal(status, text.encode()), _BINARY)


def _json(status: int, value: Any, cipher: SessionCipher | None) -> Reply:
    if cipher is not None:
        return Reply(status, _encrypted(cipher, json.dumps(value)).encode("ascii"), _HTML)
    return plain_json(status, value)


def plain_json(status: int, value: Any) -> Reply:
    """Return an answer with a JSON value that is not encrypted; an empty one for None."""
    if value is None:
        return Reply(status, b"", None)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode("utf-8"), _JSON)


def _encrypted(cipher: SessionCipher, text: str) -> str:
    try:
        return cipher.encrypt(text)
    except CipherError as error:
        raise Trouble(str(error)) from error
