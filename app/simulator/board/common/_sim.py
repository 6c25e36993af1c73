"""The line to the host that simulates the hardware: one JSON array a line, both ways.

`[number, name, argument, ...]` asks, `[number, true, value]` or `[number, false, error, argument]`
answers; number 0 only tells. The hardware's state is the host's; nothing is kept here.
"""

import json
import sys

_ERRORS = {"OSError": OSError, "ValueError": ValueError, "TypeError": TypeError}

_line = open(int(sys.argv[1]), "r+b")  # noqa: SIM115 - for as long as there is power
_number = 0
_waiting = False  # for an answer, which whoever is called back meanwhile would take away
_late = None  # called back then instead, once the answer is here


def waits(act):
    """Whether the program waits for an answer just now; then `act(None)` comes right after it."""
    global _late
    if _waiting:
        _late = act
    return _waiting


# Set by a program that measures the stack (build/budget_stack.py): what it makes of the depth that
# the file system has when it calls the block device, which is Python on a board.
deep = say = None


def tell(*message):
    """One way."""
    _line.write(json.dumps((0,) + message) + "\n")


def feed():
    """As `tell("feed")`, without using the heap."""
    _line.write(b'[0, "feed"]\n')


def call(*message):
    """Ask, and wait for the answer; what the hardware refuses is raised."""
    global _number, _waiting, _late
    _waiting = True
    try:
        _number += 1
        answer = _asked(_number, message)
    finally:
        _waiting = False
        late, _late = _late, None
        if late:
            late(None)
    if answer[1]:
        return answer[2]
    raise _ERRORS[answer[2]](*answer[3])


def _asked(number, message):
    _line.write(json.dumps((number,) + message) + "\n")
    while True:
        text = _line.readline()
        if not text:  # the host has gone, and with it the power
            raise SystemExit(1)
        try:
            answer = json.loads(text)
        except ValueError:  # the rest of an answer that Ctrl-C has cut
            continue
        if answer[0] == number:
            return answer


def halt(*message):
    """Tell the host something after which it takes the power away. Never returns."""
    tell(*message)
    while True:
        try:
            if not _line.read(1):
                raise SystemExit(1)
        except KeyboardInterrupt:
            pass


config = call("boot")
