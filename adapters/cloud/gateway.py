"""The gateway to a Pythings Cloud: the session, and the calls of the API within it."""

from __future__ import annotations

import binascii
from typing import Any

from adapters.cloud.body import Decrypted, Marked
from adapters.cloud.box import MARK, Box, Opened
from adapters.cloud.codec import answer, request, wrong_shape
from adapters.cloud.keys import PUBLIC_MODULUS, seal_key
from domain.errors import CloudError
from domain.streams import gather
from ports.cloud import CloudApi
from ports.crypto import Crypto
from ports.storage import Source
from ports.transport import Transport

_MAX_FILE = 262144  # characters: no board has room for more beside the OS and its app
_MAX_FILE_ENCRYPTED = 851994  # bytes: the same, 39 for each 12, or less
_MAX_FILES = 256  # in one list: an OS has some 30
_MAX_REPORT = 1000  # characters: enough for a traceback; the dashboard shows one line
_MAX_NAME = 64  # characters of a token or id: they are UUIDs, 36
_MAX_EPOCH = 4294967296  # in 2106, and most clocks of boards end there


class Gateway(CloudApi):
    """The Pythings Cloud API v1 over any transport; fills `ports.cloud.Cloud`. `most`: bytes of an
    answer that is held in memory whole, and twice while it is parsed."""

    def __init__(self, transport: Transport, crypto: Crypto, most: int = 4096) -> None:
        self._transport = transport
        self._crypto = crypto
        self._most = most
        self._token: str | None = None
        self._key: bytes | None = None  # of the cipher, in an encrypted session
        self._box: Box | None = None  # beside it, with a cloud that speaks payload mode 2
        self._salt = ""  # from a cloud that asks for our identity, until it has it
        self._who: dict[str, str] = {}  # the key or proof that answers it

    # the session

    def use(self, backend: str, ssl: bool) -> None:
        """Speak to `backend` from now on, in the same session."""
        self._transport.use(backend, ssl)

    def forget(self) -> None:
        """Drop the session, its token and key, and the connection."""
        self._drop()
        self._transport.close()

    def in_session(self) -> bool:
        """Return whether there is a registered session that the cloud has not ended."""
        return self._token is not None

    def register(self, identity: dict[str, Any], encrypted: bool, modulus: int) -> int:
        """Open a session; return the cloud's epoch (s, UTC).

        A token is sent only if it is from the pre-registration just before: with an older one the
        cloud answers as usual, but has ended that session.
        """
        self._drop()
        session: tuple[str | None, bytes | None, Box | None] = (None, None, None)
        if encrypted:
            session = self._preregister(modulus or PUBLIC_MODULUS)
        value = _object(self._ask("things/register/", identity, session))
        epoch = value.get("epoch")
        if isinstance(epoch, bool) or not isinstance(epoch, int) or not 0 < epoch < _MAX_EPOCH:
            raise wrong_shape()
        self._token, self._key, self._box = _name(value.get("token")), session[1], session[2]
        self._salt = _name(value["salt"]) if "salt" in value else ""
        return epoch

    def keep(self) -> list[Any]:
        """Return the session as JSON values."""
        from adapters.cloud.carried import packed

        return packed(self._token, self._key, self._box)

    def resume(self, session: list[Any]) -> None:
        """Set the session to one that `keep` has returned."""
        from adapters.cloud.carried import unpacked

        self._token, self._key, self._box = unpacked(self._crypto, session)

    def strong(self) -> bool:
        """Return whether the session speaks payload mode 2."""
        return self._box is not None

    def _preregister(self, modulus: int) -> tuple[str | None, bytes | None, Box | None]:
        key = self._crypto.random(16)
        sealed = seal_key(self._crypto, key, modulus)
        body = request({"key": [sealed], "kty": "aes128ecb", "ken": "srsa1"}, None, None)
        status, kind = self._transport.post("/api/v1/things/preregister/", body, _MAX_FILE)
        data = gather(self._transport, self._most)
        if status == 200 and data[:1] == MARK:
            box = Box(self._crypto, key, data[1:17])
            aes = self._crypto.aes(box.key)
            box.whole(aes, status, data[17:])
            return "", box.key, box
        aes = self._crypto.aes(key)
        try:
            value = answer(status, kind, data, aes)
        except CloudError as error:
            if error.code == "unacceptable":  # it could not decrypt the key
                error.code = "refused"
                error.text += " - give the Thing this cloud's public key, in cloud_key"
            raise
        return _name(_object(value).get("token")), key, None

    def _drop(self) -> None:
        self._token, self._key, self._box, self._salt, self._who = None, None, None, "", {}

    # our identity

    def salt(self) -> str:
        """Return the salt of the key that the cloud asks for; empty if it asks for none."""
        return self._salt

    def identify(self, key: bytes, known: bool) -> None:
        """Send the key, or if it is `known` a proof of it, with the next management call."""
        if known:
            key = self._crypto.hmac_sha256(key, b"prove " + (self._token or "").encode())[:16]
        self._who = {"proof" if known else "key": binascii.hexlify(key).decode()}

    # management

    def management(self) -> tuple[dict[str, Any], tuple[str, str, Any] | None]:
        """Return the wanted settings as sent, and at most one message (mid, type, content).

        Of the type LONG the content is the reply to its sender."""
        value = _object(self._ask("apps/management/", self._who))
        if self._who:
            self._salt, self._who = "", {}
        settings = _object(value.get("settings"))
        if value.get("mid") is None:
            return settings, None
        return settings, (_name(value["mid"]), _name(value.get("type")), value.get("msg"))

    def reply(self, mid: str, content: Any) -> None:
        """Answer the message `mid` with any JSON value."""
        self._report("management", "OK", {"mid": mid, "rep": content})

    def report(self, what: str, status: str, text: str | None) -> None:
        """Report the status of `what` to the cloud, with the first 1000 characters of `text`."""
        message: Any = text[:_MAX_REPORT] if text is not None else None
        if what == "management" and message is not None and "mid" in message:
            # The cloud takes a text with these letters for a reply, and fails.
            message = {"text": message}
        self._report(what, status, message)

    def _report(self, what: str, status: str, message: Any) -> None:
        fields = {"what": what, "status": status, "msg": message}
        if self._ask("things/report/", fields) is not None:
            raise wrong_shape()

    def reading(self, message: Any, epoch: int | str | None) -> None:
        """Deliver one reading taken at `epoch` (s, UTC; None: now)."""
        fields = {"msg": message}
        if epoch is not None:
            fields["ts"] = epoch
        if self._ask("apps/worker/", fields) is not None:
            raise wrong_shape()

    # files

    def app_files(self, version: str) -> list[str]:
        """Return the names of the files of an app version, 256 at most."""
        names = self._ask("apps/get/", {"version": version, "list": True})
        if not isinstance(names, list) or len(names) > _MAX_FILES:
            raise wrong_shape()
        for name in names:
            if not isinstance(name, str):
                raise wrong_shape()
        return names

    def app_file(self, version: str, name: str) -> Source:
        """Open one file of an app, which is complete only if it ends with its version."""
        fields = {"version": version, "file_name": name}
        return Marked(self._ask("apps/get/", fields, None, True), version, name)

    def os_file(self, version: str, platform: str, name: str) -> Source:
        """Open one file of the OS, byte for byte."""
        fields = {"version": version, "platform": platform, "file_name": name}
        source: Source = self._ask("pythings/get/", fields, None, True)
        return source

    # exchanges

    def _ask(
        self,
        path: str,
        fields: dict[str, Any],
        session: tuple[str | None, bytes | None, Box | None] | None = None,
        file: bool = False,
    ) -> Any:
        """Make one API call; a single function, as boards are short of stack. `session`: one to use
        instead of ours; `file`: a good answer is returned as a stream."""
        token, key, box = session or (self._token, self._key, self._box)
        if session is None and token is None:
            raise CloudError("session", "there is no session - the Thing registers first")
        limit = _MAX_FILE if key is None else _MAX_FILE_ENCRYPTED
        aes: Any = self._crypto.aes(key) if key is not None else None
        if box is not None:
            body = request(fields, None, None)
            body = box.request(aes, body)
        else:
            body = request(fields, token, aes)
        status, kind = self._transport.post("/api/v1/" + path, body, limit)
        if file and status == 200:
            if box is not None:
                return Opened(box, aes, status, self._transport)
            return self._transport if aes is None else Decrypted(self._transport, aes)
        data = gather(self._transport, self._most)
        if len(data) > self._most and box is None:
            from adapters.cloud.overlong import overlong  # rare

            return overlong(data, self._transport, aes, self._most)
        proved = box is None
        try:
            if box is not None:
                data, proved = box.whole(aes, status, data)
                aes = None
            return answer(status, kind, data, aes)
        except CloudError as error:
            if error.code == "session":
                self._drop()
            elif not proved:  # an unproven error is not trusted to be of its kind either
                error.code = "forged"
            raise


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong_shape()
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NAME:
        raise wrong_shape()
    for char in value:
        if not " " < char <= "~":
            raise wrong_shape()
    return value
