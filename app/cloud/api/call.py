"""One call of the Thing API while it is being answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.cloud.api.body import IN_A_BODY, fields_of, parse_json
from app.cloud.api.errors import (
    HERE,
    NO_SESSION,
    NO_TOKEN,
    NOT_PROVED,
    ApiError,
    NotAuthentic,
    Trouble,
)
from app.cloud.box import BoxError, CloudBox, envelope, is_boxed
from app.cloud.cipher import CipherError, SessionCipher
from app.cloud.cloud import Cloud
from app.cloud.settings import has_expired
from app.cloud.tables.sessions import Session
from app.cloud.tables.things import ThingRow

LONGEST = 36  # characters of ids, names, versions


@dataclass(frozen=True)
class Text:
    """An answer that is sent as text and not as JSON: the content of a file."""

    text: str


@dataclass(frozen=True)
class Raw:
    """An answer that is sent as these bytes."""

    data: bytes


@dataclass
class Call:
    """The fields of a request, the cipher if it is encrypted, and the note for the audit."""

    fields: dict[str, Any] = field(default_factory=dict)
    cipher: SessionCipher | None = None
    box: CloudBox | None = None  # in the cipher's place, in payload mode 2
    tid: str = ""
    note: str = ""
    known: bool = False  # it comes from a Thing with a proved session
    prepared: Any = None  # the result of the route's `prepare`
    session: Session | None = None  # of its token, once that was looked up
    thing: ThingRow | None = None  # of its session, once that is found valid
    its: ThingRow | None = None  # of its session, valid or not

    def read(self, cloud: Cloud, body: bytes, content_type: str) -> None:
        """Take the fields of a POST body, decrypted if need be; raises ApiError."""
        if is_boxed(body):
            self._open(cloud, body)
            return
        self.fields = fields_of(body, content_type)
        encrypted = self.fields.get("encrypted")
        if encrypted:
            self._decrypt(cloud, str(encrypted))

    def found(self, cloud: Cloud, token: str) -> Session | None:
        """Look up the session of a token, and its Thing, by one statement."""
        self.session, self.its = cloud.store.sessions.with_thing(token)
        return self.session

    def _open(self, cloud: Cloud, body: bytes) -> None:
        """Decrypt the fields, once the MAC is right and the number is a new one."""
        found = envelope(body)
        session = self.found(cloud, found.token)
        if session is None or session.key is None or session.mode != 2 or not session.active:
            raise ApiError(401, NO_SESSION)
        box = CloudBox(int(session.key), found.token, found.number)
        try:
            text = box.open(found)
        except BoxError as error:
            raise NotAuthentic(f"forged: {error}") from error
        if not cloud.store.sessions.count(session, found.number):
            raise NotAuthentic("forged: a request was sent again")
        self.box = box  # from here on answers are encrypted: once for each number
        try:
            fields = parse_json(text.decode(), IN_A_BODY)
        except ValueError as error:
            raise Trouble("the encrypted text cannot be read") from error
        if not isinstance(fields, dict):
            raise Trouble("the encrypted text is not a JSON object")
        self.fields = {**fields, "token": found.token}

    def _decrypt(self, cloud: Cloud, encrypted: str) -> None:
        token = self.fields.get("token")
        if not token:
            raise ApiError(401, HERE + "Error: token is missing.")
        session = self.found(cloud, str(token))
        if session is None or session.key is None or session.mode != 1:
            raise Trouble("encrypted, but the session is unknown or has no key")
        self.cipher = SessionCipher(int(session.key))
        try:
            fields = parse_json(self.cipher.decrypt(encrypted), IN_A_BODY)
        except (CipherError, ValueError) as error:
            raise Trouble("the encrypted text cannot be read") from error
        if not isinstance(fields, dict):
            raise Trouble("the encrypted text is not a JSON object")
        # Else a client with a key of its own could speak for any session with an overheard token.
        if str(fields.get("token", token)) != str(token):
            raise Trouble("encrypted with the key of another session")
        self.fields.update(fields)

    def text(self, name: str, default: str | None = None) -> str | None:
        """Return a field as text: the recorded server stores any value as such.

        Raises Trouble for a longer text than that server's database takes.
        """
        value = self.fields.get(name, default)
        if value is None:
            return None
        text = str(value)
        if len(text) > LONGEST:
            raise Trouble(f"{name} has {len(text)} characters, more than {LONGEST}")
        return text


# Returns the JSON value of the answer, or a Text; raises ApiError.
Handler = Callable[[Cloud, Call], Any]


def token_of(call: Call, status: int = 400) -> str:
    """Return the token; raises ApiError of that status if there is none."""
    token = call.fields.get("token")
    if not token:
        raise ApiError(status, NO_TOKEN)
    return str(token)


def session_of(cloud: Cloud, call: Call, lost: str = NO_SESSION, proving: bool = False) -> Session:
    """Return the active session of the call's token; raises ApiError, 401 with `lost`.

    Unless the call is there for `proving` it, the Thing's identity must be proved, where it is
    pinned. A Thing that has one, or is about to show it, may not send in the clear in a session
    with a key.
    """
    session = call.session or call.found(cloud, token_of(call))
    if session is None or not session.active or has_expired(cloud, session):
        raise ApiError(401, lost)
    if session.thing_id is None:
        return session
    assert call.its is not None  # ensured by the database
    thing = call.thing = call.its
    call.tid = thing.tid
    in_clear = session.key is not None and call.cipher is None and call.box is None
    has_identity = thing.pinned is not None or session.salt is not None or session.mode == 2
    if (in_clear and has_identity) or not (session.proved or proving):
        raise ApiError(401, NOT_PROVED)
    cloud.store.sessions.use(session, cloud.clock())
    call.known = session.proved
    return session


def is_known(cloud: Cloud, token: object) -> bool:
    """Tell whether this is the token of a Thing's session, which it has proved to be its own."""
    session = cloud.store.sessions.get(str(token)) if token else None
    return (
        session is not None
        and session.thing_id is not None
        and session.active
        and session.proved
        and not has_expired(cloud, session)
    )


def thing_of(call: Call) -> ThingRow:
    """Return the Thing of the call's session; raises Trouble between preregister and register."""
    if call.thing is None:
        raise Trouble("the session has no Thing yet")
    return call.thing
