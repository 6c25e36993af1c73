"""Deliveries to the cloud in the state run: replies, changed statuses, readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from domain.errors import CloudError, DeviceError, LinkError, ThingError
from domain.health import journal as journals
from domain.levels import DEBUG, INFO, WARNING
from domain.readings.refused import keep

if TYPE_CHECKING:
    from domain.states.run import Run

COLLISIONS = 2  # refusals of a reading until its second counts as occupied
REFUSALS = 4  # of one reading or reply, with good exchanges in between, until it is given up
CUTS = 2  # of the connection in a row, while one reading was sent, until the others go first
PASSING = 2  # management exchanges for which an accepted reading shows that others pass
READING = "a reading"
GIVEN_UP = "the reply is refused on its way to the cloud - is it too long?"  # sent instead of it

# Errors that say nothing about the one reading, or are handled elsewhere.
_NOT_BARRED = ("trouble", "session", "identity", "forged")


def deliver_first(run: Run) -> bool:
    """Deliver the most urgent waiting item: a reply, a changed status, a reading; or return False.

    Raises `LinkError`, `CloudError`."""
    thing = run.thing
    untold, reading = thing.status.untold(), thing.queue.head()
    if thing.replies:
        mid, content = thing.replies[0]
        passed = _deliver(run, "a reply", thing.cloud.reply, mid, content)
        if passed or content == GIVEN_UP:
            del thing.replies[0]
        else:
            thing.replies[0] = (mid, GIVEN_UP)
    elif untold:
        part, status, text = untold[0]
        _deliver(run, "a report", thing.cloud.report, part, status, text or None)
        _told(run, part, text)
    elif reading:
        _deliver_reading(run, *reading)
    else:
        return False
    return True


def _told(run: Run, part: str, text: str) -> None:
    thing = run.thing
    thing.status.tell(part)
    journal, lost = thing.journal, journals.losses(thing.journal)
    if part == "pythings" and (journal.notes or lost):
        for note in journal.notes:
            thing.status.remark(note)
        if lost and lost in text:  # else more were lost meanwhile: all are reported together
            thing.status.remark(lost)
            journal.lost = []
        journal.notes = []
        thing.save_journal()


def _deliver(run: Run, what: str, call: Callable[..., None], *arguments: object) -> bool:
    """Deliver an item; return False if it is given up, or it would block the rest for ever."""
    given_up = False
    run.thing.cuts += 1
    try:
        call(*arguments)
    except (CloudError, LinkError) as error:
        if not _hopeless(run, error, what == READING):
            raise
        given_up = True
        _give_up(run, what, error.text, arguments)
    run.refusals = run.thing.cuts = 0
    return not given_up


def _give_up(run: Run, what: str, text: str, arguments: object) -> None:
    run.thing.tell(WARNING, "given_up", what=what, text=text)
    run.thing.status.remark("%s was given up: %s" % (what, text))
    _stored(run, keep, run.thing.storage, what, text, arguments)


def _deliver_reading(run: Run, epoch: int | str | None, message: object, tries: int = 0) -> None:
    """Deliver the oldest reading.

    The cloud answers with `trouble`, too, when it has a reading of that second already: this
    one, if an answer was lost; else another one, and there is room between the seconds."""
    thing, queue = run.thing, run.thing.queue
    try:
        if _deliver(run, READING, thing.cloud.reading, message, epoch):
            run.taken = True
            thing.passing = PASSING
    except LinkError as error:
        _cut(run, error, tries, epoch)
        raise
    except CloudError as error:
        if error.code not in _NOT_BARRED and _barred(run, error, tries):
            return
        if error.code != "trouble" or epoch is None:
            raise
        mark = _mark(epoch)
        if mark and not queue.doubtful:
            if run.refusals == COLLISIONS and isinstance(epoch, int):
                queue.shift("%s.5" % epoch)  # no other reading has the half second
            raise
        if not run.taken and _another_first(run, mark):
            return
        if not run.taken or run.refusals < COLLISIONS:
            raise
        thing.tell(INFO, "there_already", epoch=epoch)
    _stored(run, queue.pop)
    run.refusals = 0
    run.delivered += 1
    thing.tell(DEBUG, "delivered", waiting=queue.waiting())


def _cut(run: Run, error: LinkError, tries: int, epoch: int | str | None) -> None:
    """Move a reading behind the others if the connection breaks at it time and again, each time
    after a good exchange."""
    thing = run.thing
    thing.queue.doubtful = True
    if tries or thing.cuts >= CUTS:
        thing.cuts = 0
        _barred(run, error, tries, _mark(epoch))


def _mark(epoch: int | str | None) -> str:
    """Return the end that marks a time as one that the cloud may have already."""
    if isinstance(epoch, int):
        return ".0"
    return "0" if epoch and epoch[-1] != "0" else ""


def _another_first(run: Run, mark: str) -> bool:
    """Move a reading that the cloud may already have behind the others, if any.

    Once another is accepted, a refusal of this one means that the cloud has it. Return whether
    to try another at once."""
    queue = run.thing.queue
    run.refusals = 0
    if queue.waiting() < 2:
        return False
    _stored(run, queue.put_back, mark)
    if mark:  # else doubtful readings would circulate for ever
        run.cloud_due = run.thing.clock.monotonic()
    return bool(mark)


def _barred(run: Run, error: ThingError, tries: int, mark: str = "") -> bool:
    """Move a refused reading behind the others, with `mark` at the end of its time; return whether
    to go on at once.

    The others show whether only this one is refused, or all of them, as with an account at its
    limit. It is given up if it is refused again and again while they pass; `tries`: how often
    it was refused while they did."""
    passing, queue = run.thing.passing, run.thing.queue
    reading = queue.head()
    if passing and tries + 1 >= REFUSALS:
        _give_up(run, READING, error.text, reading)
        _stored(run, queue.pop)
        return True
    run.barred += 1
    others = queue.waiting()
    if passing or others > 1:
        _stored(run, queue.put_back, mark, tries + min(1, passing))
    if not passing or run.barred >= others:
        return False
    run.cloud_due = run.thing.clock.monotonic()
    return True


def _hopeless(run: Run, error: ThingError, reading: bool) -> bool:
    """Count a refusal; return whether to give the item up."""
    code = error.code
    if isinstance(error, LinkError):
        return not reading and run.thing.cuts >= REFUSALS
    run.thing.cuts = 0
    if code == "unacceptable":
        return True
    if code not in ("session", "identity"):
        run.cloud_due = run.management_due  # only after a good exchange in between
        if code == "trouble" or not reading:
            run.refusals += 1
    return run.refusals >= REFUSALS


def _stored(run: Run, change: Callable[..., None], *arguments: object) -> None:
    """Call `change`; if the storage is full, report that: the queue goes on in memory."""
    try:
        change(*arguments)
    except DeviceError as error:
        run.thing.tell(WARNING, "readings_not_kept", code=error.code, text=error.text)
