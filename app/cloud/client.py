"""A client of the management API, for the commands, the demo and the tests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.cloud.alarm_calls import AlarmCalls
from app.cloud.caller import TIMEOUT, AdminError, Row, part
from app.cloud.folder import ACCOUNT
from app.cloud.people_calls import PeopleCalls

_MANY = 100  # Things that are changed by one call
_LONG = 600  # seconds, for a Thing's readings to go
_LONGEST_WAIT = 20  # seconds, for an event, in one call

__all__ = ["AdminClient", "AdminError", "Row"]


class AdminClient(AlarmCalls, PeopleCalls):
    """The management API, a method for each call. Every method raises AdminError."""

    def key(self) -> int:
        """Return the public modulus."""
        return int(self.get("key")["modulus"])

    def create_app(self, name: str, account: str | None = None, aid: str | None = None) -> str:
        """Make an app and return its aid, random if not given."""
        return str(self.send("POST", "apps", name=name, account=account, aid=aid)["aid"])

    def commit(
        self,
        aid: str,
        files: Mapping[str, str],
        version: str | None = None,
        newest: str | None = None,
    ) -> str:
        """Commit files (name to text) and return the version, the time if not given.

        Refused if the app's newest version is not `newest`, where that is given.
        """
        given = {"files": dict(files), "version": version, "newest": newest}
        return str(self.send("POST", f"apps/{part(aid)}/versions", **given)["version"])

    def diff(self, aid: str, before: str, after: str) -> str:
        """Return the unified diff from one version to another."""
        return str(self.get(f"apps/{part(aid)}/diff", before=before, after=after))

    def apps(self) -> list[Row]:
        """Return all apps: aid, name, account, hidden, versions, pools."""
        return self.all("apps")

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
        """Change settings of a pool to any JSON values, drop those in `remove`; return the pool.

        `latest` says whether the pool follows each commit, `keep_readings` for how many days its
        Things' readings stay, 0 for ever.
        """
        return dict(
            self.send(
                "PATCH",
                f"apps/{part(aid)}/pools/{part(pool)}",
                settings=dict(settings or {}),
                remove=list(remove),
                use_latest_app_version=latest,
                keep_readings=keep_readings,
            )
        )

    def pools(self, aid: str) -> dict[str, Row]:
        """Return the pools of an app by name."""
        return dict(self.get(f"apps/{part(aid)}/pools"))

    def promote(self, aid: str, source: str, target: str) -> Row:
        """Set a pool to another's version of the app; return `version` and `before`."""
        path = f"apps/{part(aid)}/pools/{part(target)}/promotion"
        return dict(self.send("POST", path, source=source))

    def releases(self) -> list[Row]:
        """Return the OS releases: version, platform, files, bytes, time."""
        return list(self.get("releases"))

    def limits(
        self, things: int | None = None, messages: int | None = None, account: str | None = None
    ) -> None:
        """Limit an account's Things and messages; None is no limit."""
        path = f"accounts/{part(account or ACCOUNT)}/limits"
        self.send("PUT", path, things=things, messages=messages)

    def accounts(self) -> list[Row]:
        """Return all accounts: name, aid that new Things register with, by_name."""
        return list(self.get("accounts"))

    def account_id(self, name: str = ACCOUNT) -> str:
        """Return the aid that new Things of an account register with."""
        return next(str(row["aid"]) for row in self.accounts() if row["name"] == name)

    def close_account_name(self, name: str) -> Row:
        """Stop Things from registering by the account's name."""
        return dict(self.send("DELETE", f"accounts/{part(name)}/by-name"))

    def things(self, sort: str = "id", **filters: Any) -> list[Row]:
        """Return all Things, or those of `filters`: state, statuses, versions, settings and more.

        `filters`: aid, pool, platform, text, match, custom, state, app_version, pythings_version,
        heard_after, heard_before.
        """
        return self.all("things", sort=sort, **filters)

    def fleet(self, **filters: Any) -> Row:
        """Return the numbers of such Things: total, states, pools, app_versions, os_versions."""
        return dict(self.get("fleet", **filters))

    def thing(self, tid: str) -> Row:
        """Return one Thing."""
        return dict(self.get(f"things/{part(tid)}"))

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
        """Give a Thing settings of its own, starting from those it has; return the Thing.

        `custom` False sends it back to its pool's; `aid` and `pool` move it.
        """
        return dict(
            self.send(
                "PATCH",
                f"things/{part(tid)}",
                settings=dict(settings or {}),
                remove=list(remove),
                custom=custom,
                aid=aid,
                pool=pool,
            )
        )

    def set_things(
        self, tids: Sequence[str], settings: Mapping[str, Any] | None = None, **more: Any
    ) -> list[Row]:
        """Change several Things as `set_thing` does, all or none of each 100; return them."""
        found: list[Row] = []
        for at in range(0, len(tids), _MANY):
            some = {"tids": tids[at : at + _MANY], "settings": dict(settings or {}), **more}
            found += self.send("PATCH", "things", **some)
        return found

    def remove_thing(self, tid: str) -> int:
        """Delete a Thing with its messages and readings; return the number of these."""
        path = f"things/{part(tid)}"
        return int(self.call("DELETE", path, _LONG, None)["readings"])

    def expire(self, tid: str) -> int:
        """End a Thing's sessions; return how many were active."""
        return int(self.send("DELETE", f"things/{part(tid)}/sessions")["ended"])

    def admit(self, tid: str, identity: str | None = None) -> Row:
        """Accept another identity for a Thing: the only one that waits, the one named, or `none`
        for any; return the Thing."""
        return dict(self.send("POST", f"things/{part(tid)}/identity", identity=identity))

    def send_message(self, tid: str, msg: Any) -> str:
        """Queue a message, any JSON value, for the Thing's app; return its mid."""
        return str(self.send("POST", f"things/{part(tid)}/messages", type="APP", msg=msg)["mid"])

    def send_command(self, tid: str, source: str) -> str:
        """Queue Python source for the Thing to run; return its mid."""
        path = f"things/{part(tid)}/messages"
        return str(self.send("POST", path, type="CMD", msg=source)["mid"])

    def cancel(self, tid: str, mids: Iterable[str] = ()) -> list[str]:
        """Take back queued messages, all of the Thing's or those of `mids`; return their mids."""
        path = f"things/{part(tid)}/messages/cancel"
        return list(self.send("POST", path, mids=list(mids))["cancelled"])

    def message(self, tid: str, mid: str, wait: float = 0) -> Row:
        """Return one message; until it is answered, wait up to `wait` seconds."""
        path = f"things/{part(tid)}/messages/{part(mid)}"
        return dict(self.call("GET", path, wait + TIMEOUT, {"wait": wait}))

    def reply(self, tid: str, mid: str, seconds: float) -> Row:
        """Wait for the reply to a message; return the message."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            row = self.message(tid, mid, max(0.0, min(left, _LONGEST_WAIT)))
            if row["status"] == "received":
                return row
            if left <= 0:
                raise AdminError(
                    f"No reply within {seconds:g} s: message {mid} is {row['status']}."
                    " `pythings cloud messages` shows it when it is there; `cancel` takes back what"
                    " is queued."
                )

    def messages(self, tid: str) -> list[Row]:
        """Return a Thing's messages, oldest first: mid, type, msg, status, reply, times."""
        return self.all(f"things/{part(tid)}/messages")

    def readings(self, tid: str, last: int = 100) -> list[Row]:
        """Return a Thing's last readings, oldest first: ts, msg, received."""
        return list(self.get(f"things/{part(tid)}/readings", limit=last)) if last else []

    def start_rollout(self, aid: str, pool: str, **wish: Any) -> Row:
        """Start a rollout of `app` or `os` and return it; more of the wish: see the API."""
        return dict(self.send("POST", f"apps/{part(aid)}/pools/{part(pool)}/rollouts", **wish))

    def rollouts(self, aid: str | None = None) -> list[Row]:
        """Return all rollouts, of one app with `aid`, newest first."""
        return self.all("rollouts", aid=aid)

    def rollout(self, number: int) -> Row:
        """Return one rollout."""
        return dict(self.get(f"rollouts/{number}"))

    def rollout_things(self, number: int) -> list[Row]:
        """Return the Things of a rollout: tid, asked, did, changed, excused, detail."""
        return self.all(f"rollouts/{number}/things")

    def change_rollout(self, number: int, change: str, **given: Any) -> Row:
        """Have a rollout `pause`, `resume`, `abort` or `rollback`; return it."""
        return dict(self.send("POST", f"rollouts/{number}/{change}", **given))

    def events(
        self, after: int = 0, wait: float = 0, tid: str | None = None, newest: int = 0
    ) -> list[Row]:
        """Return events with ids above `after`; if none, wait up to `wait` seconds for one.

        `tid`: of this Thing only; `newest`: only so many, the last ones.
        """
        query: Row = {"after": after, "wait": wait, "tid": tid}
        if newest:
            query.update(newest=True, limit=newest)
        return list(self.call("GET", "events", wait + TIMEOUT, query))

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
