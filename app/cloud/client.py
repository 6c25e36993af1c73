"""A client of the admin API, for the commands, the demo and the tests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from app.cloud.errors import CloudError
from app.cloud.folder import ACCOUNT, ADMIN_INFO

_TIMEOUT = 10  # seconds, for an answer that waits for nothing
_LONGEST_WAIT = 20  # seconds, for an event, in one call
_START = "Start it with `pythings cloud`, or say where its data is with --data."

Row = dict[str, Any]


class AdminError(CloudError):
    """The call could not be made, or was refused; the text says what to do."""


class AdminClient:
    """Calls one local cloud. Every method raises AdminError.

    `ca` is the path of the CA certificate to trust, for a cloud that made its own.
    """

    def __init__(self, url: str, token: str, ca: str | None = None) -> None:
        # Here and in `_call`: the cloud itself, whose command line names the calls, makes none.
        import requests

        self._url = url
        self._session = requests.Session()
        # No proxy, no .netrc: what the user's environment has is not for a server at home.
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"
        # A kept connection may be closed by the server in the very moment that we use it again.
        self._session.headers["Connection"] = "close"
        self._session.verify = ca or True

    @classmethod
    def from_data(cls, path: Path | str) -> AdminClient:
        """Return a client of the cloud that has its data in `path`."""
        try:
            info = json.loads((Path(path) / ADMIN_INFO).read_text(encoding="utf-8"))
            token = Path(info["token"]).read_text(encoding="utf-8")
            return cls(info["url"], token, info["ca"])
        except FileNotFoundError as error:
            raise AdminError(f"No local cloud runs with its data in {path}. {_START}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AdminError(f"Cannot read {path} ({error}). {_START}") from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def key(self) -> int:
        """Return the public modulus."""
        return int(self._get("key")["modulus"])

    def create_app(self, name: str, account: str | None = None, aid: str | None = None) -> str:
        """Make an app and return its aid, random if not given."""
        return str(self._post("apps", name=name, account=account, aid=aid)["aid"])

    def commit(self, aid: str, files: Mapping[str, str], version: str | None = None) -> str:
        """Commit files (name to text) and return the version, the time if not given."""
        answer = self._post("versions", aid=aid, files=dict(files), version=version)
        return str(answer["version"])

    def apps(self) -> list[Row]:
        """Return all apps: aid, name, account, hidden, versions, pools."""
        return list(self._get("apps"))

    def set_pool(
        self,
        aid: str,
        pool: str,
        settings: Mapping[str, Any] | None = None,
        *,
        remove: Iterable[str] = (),
        latest: bool | None = None,
        keep_readings: int | None = None,
    ) -> Row:
        """Change some settings, to any JSON values; drop those in `remove`.

        `latest` says whether the pool follows each commit, `keep_readings` for how many days its
        Things' readings stay, 0 for ever. Returns what the pool has now.
        """
        return dict(
            self._post(
                "pools",
                aid=aid,
                pool=pool,
                settings=dict(settings or {}),
                remove=list(remove),
                use_latest_app_version=latest,
                keep_readings=keep_readings,
            )
        )

    def limits(
        self, things: int | None = None, messages: int | None = None, account: str | None = None
    ) -> None:
        """Limit an account's Things and messages; None is no limit."""
        self._post("limits", things=things, messages=messages, account=account)

    def accounts(self) -> list[Row]:
        """Return all accounts: name, aid that new Things register with, by_name."""
        return list(self._get("accounts"))

    def account_id(self, name: str = ACCOUNT) -> str:
        """Return what new Things of an account register with."""
        return next(str(row["aid"]) for row in self.accounts() if row["name"] == name)

    def close_account_name(self, name: str) -> Row:
        """Let nothing register by the account's name any more."""
        return dict(self._post("accounts", account=name))

    def things(self) -> list[Row]:
        """Return all Things: online, statuses, versions, settings and more."""
        return list(self._get("things"))

    def thing(self, tid: str) -> Row:
        """Return one Thing."""
        return dict(self._get("things", tid=tid)[0])

    def set_thing(
        self,
        tid: str,
        settings: Mapping[str, Any] | None = None,
        *,
        remove: Iterable[str] = (),
        custom: bool | None = None,
        aid: str | None = None,
        pool: str | None = None,
    ) -> Row:
        """Give a Thing settings of its own, starting from those it has; return how it is now.

        `custom` False sends it back to its pool's; `aid` and `pool` move it.
        """
        return dict(
            self._post(
                "things",
                tid=tid,
                settings=dict(settings or {}),
                remove=list(remove),
                custom=custom,
                aid=aid,
                pool=pool,
            )
        )

    def expire(self, tid: str) -> int:
        """End a Thing's sessions; return how many were active."""
        return int(self._post("expire", tid=tid)["ended"])

    def admit(self, tid: str, identity: str | None = None) -> Row:
        """Take another identity for a Thing: the only one that waits, the one named, or `none`
        for any; return how it is now."""
        return dict(self._post("admit", tid=tid, identity=identity))

    def send_message(self, tid: str, msg: Any) -> str:
        """Queue a message, any JSON value, for the Thing's app; return its mid."""
        return str(self._post("messages", tid=tid, type="APP", msg=msg)["mid"])

    def send_command(self, tid: str, source: str) -> str:
        """Queue Python source for the Thing to run; return its mid."""
        return str(self._post("messages", tid=tid, type="CMD", msg=source)["mid"])

    def cancel(self, tid: str, mids: Iterable[str] = ()) -> list[str]:
        """Take back queued messages, all of the Thing's or those of `mids`; return their mids."""
        return list(self._post("cancel", tid=tid, mids=list(mids))["cancelled"])

    def messages(self, tid: str) -> list[Row]:
        """Return a Thing's messages, oldest first: mid, type, msg, status, reply, times."""
        return list(self._get("messages", tid=tid))

    def readings(self, tid: str, last: int = 100) -> list[Row]:
        """Return a Thing's last readings, oldest first: ts, msg, received."""
        return list(self._get("readings", tid=tid, last=last))

    def events(self, after: int = 0, wait: float = 0) -> list[Row]:
        """Return events with ids above `after`; if none, wait up to `wait` seconds for one."""
        return list(self._call("GET", "events", wait + _TIMEOUT, {"after": after, "wait": wait}))

    def wait_event(
        self, what: str, tid: str | None = None, after: int = 0, timeout: float = 10
    ) -> Row:
        """Return the first event of that name (and Thing) above `after`, once there is one."""
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            events = self.events(after, max(0, min(left, _LONGEST_WAIT)))
            for event in events:
                after = event["id"]
                if event["what"] == what and tid in (None, event["tid"]):
                    return event
            if left <= 0 and not events:
                raise AdminError(f"No {what} call came within {timeout} s. Is the Thing running?")

    def _get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, _TIMEOUT, query)

    def _post(self, path: str, **fields: Any) -> Any:
        return self._call("POST", path, _TIMEOUT, None, fields)

    def _call(
        self, method: str, path: str, timeout: float, query: Row | None, fields: Row | None = None
    ) -> Any:
        import requests

        url = f"{self._url}/admin/{path}"
        try:
            response = self._session.request(
                method, url, params=query, json=fields, timeout=timeout
            )
            answer = response.json()
        except requests.exceptions.SSLError as error:
            raise AdminError(
                f"The certificate of {self._url} is not trusted. Give the path of its CA."
            ) from error
        except requests.RequestException as error:
            raise AdminError(f"No answer from the local cloud at {self._url}. {_START}") from error
        if response.status_code != 200:
            reason = answer.get("error") if isinstance(answer, dict) else None
            raise AdminError(f"The local cloud refuses: {reason or response.status_code}.")
        return answer
