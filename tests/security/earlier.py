"""A data folder of the first version of the local cloud: names as ids, tokens in clear text."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import uuid
from pathlib import Path

from app.cloud.database.legacy_schema import VERSIONS
from app.cloud.tables.apps import NONE_AID

AID = "11111111-2222-3333-4444-555555555555"
TOKEN = "99999999-aaaa-bbbb-cccc-dddddddddddd"
KEY = 57811460909138771071931939740208549692
SETTINGS = {"management_interval": "60", "worker_interval": "300", "app_version": "1"}


def make_database(path: Path) -> None:
    """Create two Things of the account `local`: `by-app` (encrypted session) and `by-name`."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        for statement in VERSIONS[0].split(";"):
            db.execute(statement)
        db.execute("PRAGMA user_version=1")
        db.execute("INSERT INTO account (name) VALUES ('local')")
        for number, (aid, name, pool) in enumerate(
            ((AID, "Lamp", "development"), (NONE_AID, "NoneApp", "unbound")), 1
        ):
            row = (number, aid, name, "local", pool, aid == NONE_AID)
            db.execute("INSERT INTO app VALUES (?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO pool VALUES (?, ?, ?, 0)", (number, pool, json.dumps(SETTINGS)))
        things = "INSERT INTO thing (id, tid, app_id, pool) VALUES (?, ?, ?, ?)"
        db.execute(things, (1, "by-app", 1, "development"))
        db.execute(things, (2, "by-name", 2, "unbound"))
        session = (
            "INSERT INTO session (token, thing_id, key, kty, last_contact, management)"
            " VALUES (?, ?, ?, 'aes128ecb', 1000, 'OK')"
        )
        db.execute(session, (TOKEN, 1, str(KEY)))
        db.execute(session, (str(uuid.uuid4()), 2, None))
        message = "INSERT INTO message (mid, thing_id, type, msg, queued) VALUES (?, 1, ?, ?, 1)"
        db.execute(message, ("m-1", "APP", '"kept"'))
        reading = (
            "INSERT INTO reading (aid, tid, ts, msg, received) VALUES (?, 'by-app', 1, '7', 1)"
        )
        db.execute(reading, (AID,))
