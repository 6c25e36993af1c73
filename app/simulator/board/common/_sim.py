"""The line to the host that simulates the hardware: one JSON array a line, both ways.

`[number, name, argument, ...]` asks, `[number, true, value]` or `[number, false, error, argument]`
answers; number 0 only tells. The hardware's state is the host's; nothing is kept here.
"""

import json
import sys

_ERRORS = {"OSError": OSError, "ValueError": ValueError, "TypeError": TypeError}

_line = open(int(sys.argv[1]), "r+b")  # noqa: SIM115 - for as long as there is power
_number = 0


def tell(*message):
    """One way."""
    _line.write(json.dumps((0,) + message) + "\n")


def feed():
    """As `tell("feed")`, without using the heap."""
    _line.write(b'[0, "feed"]\n')


def call(*message):
    """Ask, and wait for the answer; what the hardware refuses is raised."""
    global _number
    _number += 1
    number = _number
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
            break
    if answer[1]:
        return answer[2]
    raise _ERRORS[answer[2]](*answer[3])


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
