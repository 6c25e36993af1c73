"""The lifecycle of a Thing: the one place where a transition exists.

A Thing is always in exactly one state. The use case of that state acts and names an event; the
event and the state alone decide the next state, by the table below. An event that the table does
not give for the state is illegal: it raises `IllegalEvent` and changes nothing.

    boot      mounts the storage, reads the journal, picks the versions to run, loads the settings
    setup     lets a person nearby configure the Thing
    connect   brings up a link
    register  opens a session with the cloud
    run       management and worker tasks, messages, readings
    update    fetches, verifies and commits settings, an app or an OS
    recover   chooses a remedy for a failure, waits, applies it

Rules that hold over the whole table (each has a test): every state can reach `run`; the only
way from a failure back to work leads through `recover`, which alone decides how hard to try;
`update` is entered only from `run`, and its commits take effect only through `boot` or `run`,
where they are on trial.

Not in the table, on purpose: how long to wait, how often to try, which remedy (rules of their
own); a stop from outside (the loop ends, the state does not matter); restarts of the machine
(every run begins in `boot`), and its sleep, from `run` or `recover` to `boot`
(`domain/states/battery.py`).
"""

from __future__ import annotations

BOOT = "boot"
SETUP = "setup"
CONNECT = "connect"
REGISTER = "register"
RUN = "run"
UPDATE = "update"
RECOVER = "recover"

STATES = (BOOT, SETUP, CONNECT, REGISTER, RUN, UPDATE, RECOVER)

BOOTED = "booted"
SETUP_WANTED = "setup_wanted"
MUST_RECOVER = "must_recover"
CONFIGURED = "configured"
TIMED_OUT = "timed_out"
LINKED = "linked"
NO_LINK = "no_link"
REGISTERED = "registered"
REFUSED = "refused"
UNREACHABLE = "unreachable"
UPDATE_WANTED = "update_wanted"
LINK_LOST = "link_lost"
SESSION_LOST = "session_lost"
COMMITTED = "committed"
APPLIED = "applied"
REJECTED = "rejected"
RESUME = "resume"
REREGISTER = "reregister"
RECONNECT = "reconnect"
RESTART = "restart"
FAULT = "fault"

TABLE = (
    (BOOT, BOOTED, CONNECT),
    (BOOT, SETUP_WANTED, SETUP),
    (BOOT, MUST_RECOVER, RECOVER),  # the journal tells of a boot loop
    (SETUP, CONFIGURED, CONNECT),
    (SETUP, TIMED_OUT, CONNECT),
    (CONNECT, LINKED, REGISTER),
    (CONNECT, NO_LINK, RECOVER),
    (REGISTER, REGISTERED, RUN),
    (REGISTER, REFUSED, RECOVER),
    (REGISTER, UNREACHABLE, RECOVER),
    (RUN, UPDATE_WANTED, UPDATE),
    (RUN, LINK_LOST, RECOVER),
    (RUN, SESSION_LOST, RECOVER),
    (UPDATE, COMMITTED, BOOT),  # in force after a fresh start
    (UPDATE, APPLIED, RUN),  # in force at once: nothing that the session depends on
    (UPDATE, REJECTED, RUN),
    (RECOVER, RESUME, RUN),  # waited; the session may still be good
    (RECOVER, REREGISTER, REGISTER),
    (RECOVER, RECONNECT, CONNECT),
    (RECOVER, RESTART, BOOT),
    (RECOVER, SETUP_WANTED, SETUP),  # in turn with tries, until a first network works
    # An unforeseen error, in any state; in recover itself it means a restart.
    (BOOT, FAULT, RECOVER),
    (SETUP, FAULT, RECOVER),
    (CONNECT, FAULT, RECOVER),
    (REGISTER, FAULT, RECOVER),
    (RUN, FAULT, RECOVER),
    (UPDATE, FAULT, RECOVER),
    (RECOVER, FAULT, BOOT),
)

EVENTS = tuple(dict.fromkeys(event for _, event, _ in TABLE))
