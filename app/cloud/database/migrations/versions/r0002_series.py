"""One schema for SQLite and PostgreSQL: rows have a number, readings a table of series.

Only SQLite has databases of before. All tables are made anew, and their rows copied.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_BEFORE = (
    "account", "app", "pool", "version", "file", "thing", "session", "message", "reading",
    "event", "waiting", "meta",
)  # fmt: skip
_INDEXES = (
    "file_version", "thing_tid", "session_thing", "message_thing", "account_aid",
    "session_pending", "event_stranger",
)  # fmt: skip

# Columns that are as they were, and where they are not, what they are made of.
_COPIED = (
    ("account", "name, aid, by_name, things_limit, messages_limit", "number", "rowid"),
    ("app", "id, aid, name, account, default_pool, hidden", "", ""),
    ("pool", "app_id, name, settings, use_latest_app_version", "number", "rowid"),
    ("version", "id, app_id, name, time", "", ""),
    ("file", "id, version_id, name, text", "", ""),
    (
        "thing",
        "id, tid, app_id, pool, frozen, platform, capabilities, custom, by_account, salt,"
        " identity, pinned, admitted",
        "",
        "",
    ),
    (
        "session",
        "id, token, thing_id, active, key, kty, app_version, pythings_version, last_contact,"
        " worker, management, pythings, used, proved, salt, described",
        "",
        "",
    ),
    (
        "message",
        "id, mid, thing_id, type, msg, status, reply, queued, delivered, received",
        "",
        "",
    ),
    ("event", "id, time, what, tid, status, summary, stranger", "", ""),
    ("waiting", "thing_id, fingerprint, identity, first, last, count", "id", "rowid"),
    ("meta", "name, value", "", ""),
)
_READINGS = (
    "INSERT INTO series (aid, tid) SELECT DISTINCT aid, tid FROM before_reading ORDER BY aid, tid",
    "INSERT INTO reading (series_id, ts, msg, received) SELECT series.id, ts, msg, received"
    " FROM before_reading JOIN series USING (aid, tid) ORDER BY series.id, ts",
)

_TABLES = """
CREATE TABLE account (
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    aid TEXT,
    by_name INTEGER DEFAULT '0' NOT NULL,
    things_limit BIGINT,
    messages_limit BIGINT,
    PRIMARY KEY (name)
);
CREATE UNIQUE INDEX account_aid ON account (aid);
CREATE TABLE event (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    time DOUBLE NOT NULL,
    what TEXT NOT NULL,
    tid TEXT NOT NULL,
    status INTEGER NOT NULL,
    summary TEXT NOT NULL,
    stranger INTEGER DEFAULT '0' NOT NULL
);
CREATE INDEX event_stranger ON event (stranger, id);
CREATE TABLE meta (
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE reading (
    series_id INTEGER NOT NULL,
    ts BIGINT NOT NULL,
    msg TEXT NOT NULL,
    received DOUBLE NOT NULL,
    PRIMARY KEY (series_id, ts)
)
 WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER NOT NULL,
    aid TEXT NOT NULL,
    tid TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT series_aid_tid UNIQUE (aid, tid)
);
CREATE TABLE app (
    id INTEGER NOT NULL,
    aid TEXT NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    default_pool TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT app_account_aid UNIQUE (account, aid),
    FOREIGN KEY(account) REFERENCES account (name)
);
CREATE INDEX app_aid ON app (aid);
CREATE TABLE pool (
    app_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    settings TEXT NOT NULL,
    use_latest_app_version INTEGER NOT NULL,
    keep_readings INTEGER,
    PRIMARY KEY (app_id, name),
    FOREIGN KEY(app_id) REFERENCES app (id)
);
CREATE TABLE thing (
    id INTEGER NOT NULL,
    tid TEXT NOT NULL,
    app_id INTEGER NOT NULL,
    pool TEXT NOT NULL,
    frozen INTEGER DEFAULT '0' NOT NULL,
    platform TEXT,
    capabilities TEXT,
    custom TEXT,
    by_account INTEGER,
    salt TEXT,
    identity BLOB,
    pinned DOUBLE,
    admitted TEXT,
    PRIMARY KEY (id),
    CONSTRAINT thing_app_tid UNIQUE (app_id, tid),
    FOREIGN KEY(app_id) REFERENCES app (id)
);
CREATE INDEX thing_tid ON thing (tid);
CREATE TABLE version (
    id INTEGER NOT NULL,
    app_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    time DOUBLE NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT version_app_name UNIQUE (app_id, name),
    FOREIGN KEY(app_id) REFERENCES app (id)
);
CREATE TABLE file (
    id INTEGER NOT NULL,
    version_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(version_id) REFERENCES version (id)
);
CREATE INDEX file_version ON file (version_id);
CREATE TABLE message (
    id INTEGER NOT NULL,
    mid TEXT NOT NULL,
    thing_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    msg TEXT NOT NULL,
    status TEXT DEFAULT 'queued' NOT NULL,
    reply TEXT,
    queued DOUBLE NOT NULL,
    delivered DOUBLE,
    received DOUBLE,
    PRIMARY KEY (id),
    CONSTRAINT message_mid UNIQUE (mid),
    FOREIGN KEY(thing_id) REFERENCES thing (id)
);
CREATE INDEX message_thing ON message (thing_id, status);
CREATE TABLE session (
    id INTEGER NOT NULL,
    token TEXT NOT NULL,
    thing_id INTEGER,
    active INTEGER DEFAULT '1' NOT NULL,
    "key" BLOB,
    kty TEXT,
    app_version TEXT,
    pythings_version TEXT,
    last_contact DOUBLE NOT NULL,
    worker TEXT DEFAULT 'Unknown' NOT NULL,
    management TEXT DEFAULT 'Unknown' NOT NULL,
    pythings TEXT DEFAULT 'Ok: session started' NOT NULL,
    used DOUBLE NOT NULL,
    proved INTEGER DEFAULT '1' NOT NULL,
    salt TEXT,
    described TEXT,
    PRIMARY KEY (id),
    CONSTRAINT session_token UNIQUE (token),
    FOREIGN KEY(thing_id) REFERENCES thing (id)
);
CREATE INDEX session_pending ON session (used) WHERE thing_id IS NULL OR proved = 0;
CREATE INDEX session_thing ON session (thing_id);
CREATE TABLE waiting (
    id INTEGER NOT NULL,
    thing_id INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    identity BLOB,
    first DOUBLE NOT NULL,
    last DOUBLE NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT waiting_thing_fingerprint UNIQUE (thing_id, fingerprint),
    FOREIGN KEY(thing_id) REFERENCES thing (id)
)
"""


def upgrade() -> None:
    """Copy all rows into the new tables."""
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
    for name in _BEFORE:
        op.execute(f"ALTER TABLE {name} RENAME TO before_{name}")
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(" ".join(statement.split()))
    for name, columns, column, of in _COPIED:
        into, values = (f"{columns}, {column}", f"{columns}, {of}") if column else (columns,) * 2
        order = "ORDER BY rowid"
        op.execute(f"INSERT INTO {name} ({into}) SELECT {values} FROM before_{name} {order}")  # noqa: S608
    for statement in _READINGS:
        op.execute(statement)
    for name in reversed(_BEFORE):  # whom others refer to, last
        op.execute(f"DROP TABLE before_{name}")
