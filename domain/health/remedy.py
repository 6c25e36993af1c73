"""The choice of a remedy: the mildest that has not been tried for this fault. Pure rules.

Two ladders. Trouble outside (network, cloud) mostly ends by itself: waiting comes first, the harder
steps make sure that nothing on our side keeps the Thing offline, and a working app or OS is never
given up for it. Trouble inside (a crash, a hang, broken storage) counts faulty starts, and removes
its possible causes one after another.
"""

from __future__ import annotations

WAIT = "wait"
ROLL_BACK = "roll_back"
REREGISTER = "reregister"
RECONNECT = "reconnect"
RESTART = "restart"
WITHOUT_APP = "without_app"
PREVIOUS = "previous"
FACTORY = "factory"

# From mild to strong.
REMEDIES = (WAIT, REREGISTER, RECONNECT, ROLL_BACK, RESTART, WITHOUT_APP, PREVIOUS, FACTORY)

# By failed tries in a round of ROUND, which with backoff takes some 20 minutes.
_OUTSIDE = (
    (0, WAIT),
    (2, REREGISTER),
    (4, RECONNECT),
    (5, ROLL_BACK),
    (6, RECONNECT),
    (11, RESTART),
)
ROUND = 12

# By faulty starts in a row.
_INSIDE = ((0, RESTART), (3, WITHOUT_APP), (6, PREVIOUS), (9, FACTORY))

FAULTY_STARTS = 3  # from here on a start is a boot loop


def outside(tries: int, linked: bool, session: bool, trial: bool) -> str:
    """Return the remedy for a lost link or cloud after `tries` failed ones (0 at first).

    Waiting helps only while there is a `session` to come back to, registering only while there
    is a link, and a rollback only while a version is on `trial`. After the last remedy the
    ladder starts again from the bottom, for ever: outages end.
    """
    chosen = _step(_OUTSIDE, tries % ROUND)
    if chosen == WAIT and not session:
        chosen = REREGISTER
    if (chosen == ROLL_BACK and not trial) or (chosen == REREGISTER and not linked):
        chosen = RECONNECT
    return chosen


def inside(starts: int, has: tuple[str, ...]) -> str:
    """Return the remedy for a fault of the Thing itself after `starts` faulty starts in a row.

    `has` names the available fallbacks: WITHOUT_APP, PREVIOUS, FACTORY, each only while it would
    change something. The strongest one that is both due and available is chosen, else a restart.
    """
    for since, chosen in reversed(_INSIDE):
        if starts >= since and chosen in has:
            return chosen
    return RESTART


def _step(ladder: tuple[tuple[int, str], ...], count: int) -> str:
    chosen = ladder[0][1]
    for since, step in ladder:
        if count >= since:
            chosen = step
    return chosen
