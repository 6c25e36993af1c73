"""The line to the host that simulates the hardware: one JSON array a line, both ways.

`[number, name, argument, ...]` asks, `[number, true, value]` or `[number, false, error, argument]`
answers; number 0 expects no answer. The host holds the hardware's state; none is kept here.
"""

import json
import sys

_ERRORS = {"OSError": OSError, "ValueError": ValueError, "TypeError": TypeError}

_line = open(int(sys.argv[1]), "r+b")  # noqa: SIM115 - for as long as there is power
_number = 0
_waiting = False  # for an answer; a callback that runs meanwhile would read it instead
_late = None  # the callback to run once the answer is here


def waits(act):
    """Tell whether the program waits for an answer; then `act(None)` is called right after it."""
    global _late
    if _waiting:
        _late = act
    return _waiting


# Set by a program that measures the stack (build/budget_stack.py): `say` reports a depth above
# `deep` at which the file system calls the block device, which is Python on a board.
deep = say = None


def tell(*message):
    """Send the host a message that has no answer."""
    _line.write(json.dumps((0,) + message) + "\n")


def feed():
    """Send `feed`, as `tell` does, without using the heap."""
    _line.write(b'[0, "feed"]\n')


def call(*message):
    """Ask the host, and return its answer; raise the error if the hardware refuses."""
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
        if not text:  # the host is gone, and so is the power
            raise SystemExit(1)
        try:
            answer = json.loads(text)
        except ValueError:  # the rest of an answer that Ctrl-C has cut
            continue
        if answer[0] == number:
            return answer


def halt(*message):
    """Send a message on which the host cuts the power; never return."""
    tell(*message)
    while True:
        try:
            if not _line.read(1):
                raise SystemExit(1)
        except KeyboardInterrupt:
            pass


config = call("boot")
