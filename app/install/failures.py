"""The failures of esptool, each as one sentence with the next step."""

from __future__ import annotations

import re

_AGAIN = "; the second try begins anew, whatever is in the flash now"
_BOOT = (
    "the board did not enter its boot mode - hold its button BOOT (or FLASH, IO0), press and "
    "release RST (or EN), let go of BOOT, and run the same again; without buttons connect GPIO 0 "
    "to ground while power comes"
)
_CUT = "the connection to the board broke - put the cable in firmly and run the same again" + _AGAIN
_NOISE = (
    "the line is too noisy or too fast - run the same again with --baud 115200, a shorter cable, "
    "and no hub between" + _AGAIN
)

_OTHER = "it is another chip than before - is this the same board? Run the same again"
_WORN = (
    "the flash does not hold what was written - run the same again with --baud 115200; if it "
    "happens again, the flash is worn out, or smaller than it says"
)
_LOCKED = (
    "the chip is locked by flash encryption or secure boot, and only its owner's keys write it - "
    "take another board"
)

# The first that matches counts. The texts are those of esptool 5 and of pyserial.
_KNOWN = (
    (r"Wrong boot mode|download mode|No serial data received", _BOOT),
    (r"This chip is|[Ww]rong chip|Unexpected chip", _OTHER),
    (r"[Ss]erial exception|Lost connection|could not open port|[Ii]nput/output error", _CUT),
    (r"Invalid head of packet|content transfer stopped|checksum", _NOISE),
    (r"Failed to connect", _BOOT),
    (r"MD5 of file does not match", _WORN),
    (r"[Ee]ncryption|[Ss]ecure [Bb]oot|[Ss]ecure [Dd]ownload", _LOCKED),
    (r"[Tt]imed out|[Tt]imeout|[Pp]acket", _NOISE),
)
_LONGEST = 200


def explained(said: list[str], port: str) -> str:
    """Return the sentence for a failed run of esptool, from the lines that it wrote."""
    errors = [line for line in said if "ERROR" in line or "rror occurred" in line]
    text = "\n".join(errors or said[-3:])
    for pattern, sentence in _KNOWN:
        if re.search(pattern, text):
            return "%s: %s" % (port, sentence)
    last = (errors or [line for line in said if line.strip()] or ["it said nothing"])[-1]
    return "%s: esptool failed: %s - unplug the board, plug it in and run the same again" % (
        port,
        last.removeprefix("ERROR: ")[:_LONGEST],
    )
