"""The management exchange of the state run: messages, commands, requests of the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.app.app import keep_readings
from domain.errors import CloudError, ThingError
from domain.health import journal as journals
from domain.levels import INFO, WARNING
from domain.lifecycle import SESSION_LOST, UPDATE_WANTED
from domain.security.secret import introduce, remember
from domain.settings.parameters import SIGNED, TRUST
from domain.settings.settings import merge
from domain.settings.update_policy import app_wanted, forgive, os_wanted, settings_wanted
from domain.states.connect import steady
from domain.states.delivery import deliver_first

if TYPE_CHECKING:
    from domain.states.run import Run

TICK_MS = 1000
SOON_S = 2  # to the next exchange, if the cloud asks for it
GOOD_STRETCH_MS = 300000
EARLY_MS = 900000  # a session that the cloud ends sooner counts as taken over
BACKLOG = 60  # readings: a shorter queue is not reported


def manage(run: Run, now: int) -> str | None:
    """Exchange messages and requests with the cloud; return UPDATE_WANTED, SESSION_LOST, or None.

    Raises `LinkError`, `CloudError`."""
    thing = run.thing
    told = "management" in thing.status.told  # before that, the cloud sends no message
    salt = thing.cloud.salt()
    shown = introduce(thing, salt) if salt else False
    wire, message = thing.cloud.management()
    if shown:
        remember(thing, salt)
    run.troubles = 0
    interval = SOON_S if wire.get("soon") else thing.settings.management_interval
    run.management_due = now + interval * 1000
    _handle(run, message)
    _good_exchange(run, now)
    confirm(run, journals.KINDS)
    moved = run.moved
    if not moved:
        # The settings' own backend takes over once the session is known to be good.
        run.moved = True
        run.strange = wire.get("backend") != thing.settings.backend
        ssl = thing.backend()[1]
        thing.cloud.use(thing.settings.backend, ssl)
        run.management_due = now
    elif thing.settings.battery_operated and (message or not told):
        run.management_due = now  # there may be another message, and the next wake may be far
    event = _compare(run, wire, now)
    if moved:  # however long this took, other work comes before the next exchange
        soonest = thing.clock.monotonic() + TICK_MS
        run.management_due = max(run.management_due, soonest)
    return event


def _handle(run: Run, message: tuple[str, str, object] | None) -> None:
    """Answer a command by executing it, a message that was too long by the gateway's words,
    others by the app, which is always called."""
    thing = run.thing
    mid = content = None
    if message is not None:
        mid, kind, content = message
        thing.tell(INFO, "message", mid=mid, type=kind)
        if kind == "CMD":
            content = execute(run, mid, content)
        if kind in ("CMD", "LONG"):
            thing.replies.append((mid, content))
            mid = content = None
    reply = thing.app.manage(content) if thing.app else None
    if mid is not None:
        thing.replies.append((mid, reply))
    while thing.replies:
        deliver_first(run)


def execute(run: Run, mid: str, source: object) -> str:
    """Return the reply to a command: to Python source, or to `:command` of the debug shell."""
    if not isinstance(source, str):
        return "a command is Python source, not %r" % (source,)
    thing = run.thing
    # docs/security.md, 11: safe if only the cloud can have sent it, or the owner set http://.
    safe = not (thing.unverified or thing.exposed)
    if safe and (run.strange or not thing.backend()[1]):
        safe = thing.parameters.backend.startswith("http://")
    commands = thing.parameters.commands
    if not commands and not safe and TRUST in thing.storage.names():
        commands = SIGNED
    if commands == "off":
        return "refused: commands are off here - by the parameter commands"
    try:
        if commands == SIGNED:
            from domain.app.signed_command import verified

            source = verified(thing, source)
        elif not (safe or thing.settings.payload_encryption or thing.exposed):
            return "refused: anybody could have sent this - set ssl or payload_encryption"
        if source[:1] != ":":  # no Python source begins with a colon
            return thing.apps.execute(source, thing.parameters.app_timeout * 1000)
    except ThingError as error:
        return error.text
    return thing.remote(thing, mid, source, commands)


def _good_exchange(run: Run, now: int) -> None:
    """Record that the cloud was reached and understood."""
    thing, journal = run.thing, run.thing.journal
    if run.moved:
        journal.tries = 0
    run.cloud_due = now
    run.barred = 0
    thing.passing = max(0, thing.passing - 1)
    thing.status.set(now, "management")
    if thing.quick:
        steady(thing)
    run.met = run.moved


def confirm(run: Run, kinds: tuple[str, ...]) -> None:
    """Confirm the versions on trial, once the settings' own cloud was reached.

    An app's tasks must have returned, too. Remarks on earlier versions of these kinds end, and
    so do counted faults after a good stretch."""
    thing, journal = run.thing, run.thing.journal
    if not run.met:
        return
    thing.trouble = None
    lasted = thing.clock.monotonic() - run.since
    faults = journal.starts or journal.app_faults and journal.without_app
    if faults and lasted >= GOOD_STRETCH_MS:
        journal.starts = journal.app_faults = 0
        thing.unsaved = True
    if thing.taken and lasted >= EARLY_MS:
        thing.taken = 0
        thing.status.over(["does"])
    if journal.app.trial and thing.app and not thing.app.proven():
        kinds = tuple([kind for kind in kinds if kind != "app"])
    proven = journals.confirm_slots(journal, kinds)
    if proven:
        thing.status.over(proven)
        thing.unsaved = True  # else the end of the trial would be known in memory only
        if not journal.app.trial:
            thing.tell(INFO, "confirmed", app=journal.app.version or "none")
    if thing.unsaved:
        thing.save_journal()


def _compare(run: Run, wire: dict[str, object], now: int) -> str | None:
    thing = run.thing
    wanted, problems = merge(thing.settings, wire)
    if thing.queue.lost:
        keep_readings(thing)
    remarks = problems + thing.problems + thing.status.remarks + thing.journal.notes
    lost = journals.losses(thing.journal)
    if lost:
        remarks.append(lost)
    if thing.journal.without_app:
        remarks.append(thing.journal.without_app)
    told = thing.status.now.get("pythings", ("", ""))[1]
    thing.status.set(now, "pythings", "; ".join(remarks), _news(run))
    text = "; ".join(problems)
    if text not in told:
        thing.tell(WARNING, "settings", text=text)
    if journals.on_trial(thing.journal):
        return None  # an update would overwrite the version to roll back to
    forgive(thing, wanted)
    thing.wanted = wanted
    for is_wanted in (settings_wanted, os_wanted, app_wanted):
        if is_wanted(thing, wanted, now):
            return UPDATE_WANTED
    if thing.app_after:
        thing.app_after, thing.worker_due = 0, now
    if thing.journal.app.version != thing.app_told:
        thing.cloud.forget()
        error = CloudError("session", "the app is another one than the cloud was told")
        return thing.fail(error, SESSION_LOST)
    return None


def _news(run: Run) -> str:
    """Return the news that is no problem: that the machine cannot sleep, or how many wait."""
    thing = run.thing
    return (thing.settings.battery_operated and thing.sleepless) or _waiting(run)


def _waiting(run: Run) -> str:
    """Return the number of waiting readings as a text, or "" if there are few.

    The number changes only when it has halved or doubled, as reporting it costs an exchange."""
    queue = run.thing.queue
    waiting = queue.waiting()
    if waiting < BACKLOG:
        run.backlog = 0
        return ""
    if not run.backlog < 2 * waiting < 4 * run.backlog:
        run.backlog = waiting
        run.thing.tell(INFO, "backlog", waiting=waiting)
    return "%d readings wait for the cloud" % run.backlog
