"""Identities of Things: the first one that a TID shows is pinned, and is proved in each session.

A Thing that says `identity` when it registers is given a `salt`. The key of its identity is made
of its secret and this salt. With its first management call it shows the `key`, where this cloud
does not know it yet, or the `proof`: the key's HMAC-SHA-256 over the session's token, so that an
overheard one is of no use in another session. docs/protocol.md has the bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from app.cloud.api.call import Call, token_of
from app.cloud.api.errors import HERE, ApiError
from app.cloud.cloud import Cloud
from app.cloud.tables.identities import NONE, UNKNOWN, Identity, fingerprint
from app.cloud.tables.sessions import Session
from app.cloud.tables.things import ThingRow

_BYTES = 16  # of keys and proofs
_SALT = 8  # bytes


def new_salt() -> str:
    """Return a random salt, in hexadecimal, for an identity that is to be pinned."""
    return secrets.token_hex(_SALT)


def prove(cloud: Cloud, call: Call, session: Session, thing: ThingRow) -> None:
    """Check or pin the identity that a management call shows; raises ApiError if it is another."""
    known = cloud.store.identities.pinned(thing)
    if session.proved:
        if session.salt is not None and known is None:
            _learn(cloud, call, thing, session.salt)
        return
    key, mark = _shown(cloud, call, thing, known)
    if known is not None and not (key and hmac.compare_digest(key, known.key)):
        if key is None or not cloud.store.identities.admitted(thing, mark):
            raise _refused(cloud, session, thing, mark, key)
        _replace(cloud, thing, known, key)
    cloud.store.things.describe(thing, session.described)
    cloud.store.sessions.prove(session)
    call.note = "identity proved, "


def admit(cloud: Cloud, thing: ThingRow, mark: str) -> None:
    """Accept the identity of this fingerprint from now on; the one before waits, if it comes back.

    NONE accepts any again. One that has not been shown yet is accepted when it is.
    """
    identities = cloud.store.identities
    known = identities.pinned(thing)
    keys = {row.fingerprint: row.key for row in identities.waiting(thing)}
    key = keys.get(mark)
    if mark == NONE or known is None:
        identities.unpin(thing)
    elif key is None:
        identities.admit_later(thing, mark)
    else:
        _replace(cloud, thing, known, key)
    cloud.store.sessions.deactivate(thing.id)


def _learn(cloud: Cloud, call: Call, thing: ThingRow, salt: str) -> None:
    """Pin the first key that is shown."""
    key = _bytes(call.fields.get("key"))
    if key is not None:
        cloud.store.identities.pin(thing, Identity(key, salt), cloud.clock())
        cloud.store.sessions.offer(token_of(call), None)
        call.note = f"identity {fingerprint(key)} pinned, "


def _shown(
    cloud: Cloud, call: Call, thing: ThingRow, known: Identity | None
) -> tuple[bytes | None, str]:
    """Return the key that the call shows, or proves to have, and its fingerprint."""
    key, proof = _bytes(call.fields.get("key")), _bytes(call.fields.get("proof"))
    if key is not None:
        return key, fingerprint(key)
    if proof is None:
        return None, NONE
    candidates = [row.key for row in cloud.store.identities.waiting(thing)]
    for candidate in [known.key if known else None, *candidates]:
        if candidate and hmac.compare_digest(proof, _proof(candidate, token_of(call))):
            return candidate, fingerprint(candidate)
    return None, UNKNOWN


def _replace(cloud: Cloud, thing: ThingRow, known: Identity, key: bytes) -> None:
    """Pin another key; the one before is kept, as it may come back and be admitted again."""
    cloud.store.identities.pin(thing, Identity(key, known.salt), cloud.clock())
    cloud.store.identities.wait(thing, fingerprint(known.key), known.key, cloud.clock(), 0)


def _refused(
    cloud: Cloud, session: Session, thing: ThingRow, mark: str, key: bytes | None
) -> ApiError:
    cloud.store.sessions.end(session)
    cloud.store.identities.wait(thing, mark, key, cloud.clock(), 1)
    return ApiError(401, f"{HERE}Sorry, but the identity {mark} is not that of this Thing.")


def _proof(key: bytes, token: str) -> bytes:
    return hmac.new(key, b"prove " + token.encode(), hashlib.sha256).digest()[:_BYTES]


def _bytes(value: object) -> bytes | None:
    """Return the 16 bytes of a text in hexadecimal; None for anything else."""
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return None
    return data if len(data) == _BYTES else None
