"""Call `things/preregister`: starts an encrypted session."""

from __future__ import annotations

from app.cloud.api.body import fields_of
from app.cloud.api.call import Call, Raw
from app.cloud.api.errors import HERE, ApiError, Trouble
from app.cloud.box import CloudBox
from app.cloud.cipher import CipherError, SessionCipher
from app.cloud.cloud import Cloud
from app.cloud.srsa import KeyTransportError, TooManyPieces, first_number

_MODE_2 = "z"  # first character of the text with the key


def prepare(cloud: Cloud, body: bytes, content_type: str) -> str | KeyTransportError | None:
    """Decrypt the key in a body, or return the error; it takes long, and uses no store."""
    try:
        return cloud.keys.decrypt(fields_of(body, content_type).get("key"))
    except KeyTransportError as error:
        return error
    except ApiError:
        return None  # reported when the call itself reads the body


def preregister(cloud: Cloud, call: Call) -> dict[str, str] | Raw:
    """Return the token of a new session, encrypted with the key that the Thing sent.

    A Thing that speaks payload mode 2 says so beside the key, where it cannot be changed on
    the way: its session speaks no other mode.
    """
    if not all(call.fields.get(name) for name in ("key", "kty", "ken")):
        raise ApiError(401, HERE + "Error: key/kty/ken are all required.")
    if call.fields["ken"] != "srsa1":
        raise ApiError(401, HERE + "Sorry, but I only know srsa1 to get a key.")
    if isinstance(call.prepared, TooManyPieces):
        raise Trouble(str(call.prepared))
    if not isinstance(call.prepared, str):
        raise ApiError(
            400, HERE + "Sorry, but I got error in decrypting public-key encrypted text."
        )
    key = first_number(call.prepared)
    if key is None:
        raise Trouble("no digits in the key")
    try:
        call.cipher = SessionCipher(key)
    except CipherError as error:
        raise Trouble("the key is too long") from error
    call.note = "encrypted session"
    if call.prepared.startswith(_MODE_2):
        call.note = "encrypted session, mode 2"
        token = cloud.store.sessions.start(cloud.clock(), str(key), call.text("kty"), 2)
        return Raw(CloudBox(key, token).begin())
    return {"token": cloud.store.sessions.start(cloud.clock(), str(key), call.text("kty"))}
