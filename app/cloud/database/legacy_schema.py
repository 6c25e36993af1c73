"""The SQLite schema of clouds before Alembic, version by version. It is final."""

from __future__ import annotations

# Settings, messages and replies are JSON text: the API carries any JSON value, in its order.
# Times are seconds since 1970 UTC; reading.ts is in microseconds, the precision it is unique by.
_FIRST = """
CREATE TABLE account (
    name TEXT PRIMARY KEY,
    things_limit INTEGER,
    messages_limit INTEGER
);
CREATE TABLE app (
    id INTEGER PRIMARY KEY,
    aid TEXT NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account(name),
    default_pool TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    UNIQUE (account, aid)
);
CREATE TABLE pool (
    app_id INTEGER NOT NULL REFERENCES app(id),
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    use_latest_app_version INTEGER NOT NULL,
    PRIMARY KEY (app_id, name)
);
CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    app_id INTEGER NOT NULL REFERENCES app(id),
    name TEXT NOT NULL,
    time REAL NOT NULL,
    UNIQUE (app_id, name)
);
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    version_id INTEGER NOT NULL REFERENCES version(id),
    name TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX file_version ON file(version_id);
CREATE TABLE thing (
    id INTEGER PRIMARY KEY,
    tid TEXT NOT NULL,
    app_id INTEGER NOT NULL REFERENCES app(id),
    pool TEXT NOT NULL,
    frozen INTEGER NOT NULL DEFAULT 0,
    platform TEXT,
    capabilities TEXT,
    custom TEXT,
    UNIQUE (app_id, tid)
);
CREATE INDEX thing_tid ON thing(tid);
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    thing_id INTEGER REFERENCES thing(id),
    active INTEGER NOT NULL DEFAULT 1,
    key TEXT,
    kty TEXT,
    app_version TEXT,
    pythings_version TEXT,
    last_contact REAL NOT NULL,
    worker TEXT NOT NULL DEFAULT 'Unknown',
    management TEXT NOT NULL DEFAULT 'Unknown',
    pythings TEXT NOT NULL DEFAULT 'Ok: session started'
);
CREATE INDEX session_thing ON session(thing_id);
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    mid TEXT NOT NULL UNIQUE,
    thing_id INTEGER NOT NULL REFERENCES thing(id),
    type TEXT NOT NULL,
    msg TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    reply TEXT,
    queued REAL NOT NULL,
    delivered REAL,
    received REAL
);
CREATE INDEX message_thing ON message(thing_id, status);
CREATE TABLE reading (
    id INTEGER PRIMARY KEY,
    aid TEXT NOT NULL,
    tid TEXT NOT NULL,
    ts INTEGER NOT NULL,
    msg TEXT NOT NULL,
    received REAL NOT NULL,
    UNIQUE (aid, tid, ts)
);
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    what TEXT NOT NULL,
    tid TEXT NOT NULL,
    status INTEGER NOT NULL,
    summary TEXT NOT NULL
);
"""

# Tokens are stored as their SHA-256, keys wrapped (app/cloud/vault.py): legacy.py converts those
# of the first version.
_SECOND = """
ALTER TABLE account ADD COLUMN aid TEXT;
ALTER TABLE account ADD COLUMN by_name INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX account_aid ON account(aid);
ALTER TABLE thing ADD COLUMN by_account INTEGER;
ALTER TABLE thing ADD COLUMN salt TEXT;
ALTER TABLE thing ADD COLUMN identity BLOB;
ALTER TABLE thing ADD COLUMN pinned REAL;
ALTER TABLE thing ADD COLUMN admitted TEXT;
ALTER TABLE session ADD COLUMN used REAL NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN proved INTEGER NOT NULL DEFAULT 1;
ALTER TABLE session ADD COLUMN salt TEXT;
ALTER TABLE session ADD COLUMN described TEXT;
CREATE INDEX session_pending ON session(used) WHERE thing_id IS NULL OR proved = 0;
CREATE TABLE waiting (
    thing_id INTEGER NOT NULL REFERENCES thing(id),
    fingerprint TEXT NOT NULL,
    identity BLOB,
    first REAL NOT NULL,
    last REAL NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (thing_id, fingerprint)
);
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
"""

# Calls without a Thing's session have a ring buffer of their own.
_THIRD = """
ALTER TABLE event ADD COLUMN stranger INTEGER NOT NULL DEFAULT 0;
CREATE INDEX event_stranger ON event(stranger, id);
"""

VERSIONS = (_FIRST, _SECOND, _THIRD)
VERSION = len(VERSIONS)
