"""The probe of a board at a serial port, through MicroPython's own prompt."""

from __future__ import annotations

import errno
import io
import time
from contextlib import redirect_stdout, suppress
from typing import Any

_MAX_S = 20
# ModemManager, brltty and others ask each new port, for up to some seconds, if it is theirs.
_BUSY_S = 10.0
_AGAIN_S = 0.2
_BUSY = (errno.EBUSY, errno.EAGAIN)


class PortError(Exception):
    """The board cannot be probed; the text names the cause and the remedy."""


def ask(port: str, baud: int, program: str) -> str:
    """Run a program on the board and return its output. Raise `PortError`.

    This stops the board's own program; a soft reset starts it again.
    """
    from mpremote.transport import TransportError
    from mpremote.transport_serial import SerialTransport

    openable(port, baud)
    try:
        board: Any = SerialTransport(port, baudrate=baud, timeout=_MAX_S)
    except (TransportError, OSError) as error:
        raise PortError("%s cannot be opened: %s" % (port, error)) from None
    try:
        with redirect_stdout(io.StringIO()):  # mpremote prints unexpected bytes
            board.enter_raw_repl(soft_reset=False, timeout_overall=_MAX_S)
        said: bytes = board.exec(program)
        board.exit_raw_repl()
        board.serial.write(b"\x04")
    except (TransportError, OSError) as error:
        raise PortError(
            "no answer at %s: %s - is it the board's port, is it %d baud, does it run MicroPython? "
            "Press its reset button and try again; an OS with a shell password lets nobody in"
            % (port, _short(error), baud)
        ) from None
    finally:
        with suppress(OSError):
            board.close()
    return said.decode("utf-8", "replace")


def openable(port: str, baud: int) -> None:
    """Wait for a port that another program has just opened.

    Raise `PortError` with the reason why it cannot be opened, which mpremote omits.
    """
    import serial

    ends = time.monotonic() + _BUSY_S
    while True:
        try:
            serial.serial_for_url(port, baudrate=baud, exclusive=True).close()
            return
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) not in _BUSY or time.monotonic() >= ends:
                raise PortError(_why(port, error)) from None
        time.sleep(_AGAIN_S)


def _why(port: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.EACCES, errno.EPERM):
        return (
            "no permission for %s - add yourself to its group (sudo usermod -aG dialout $USER), "
            "and log in again; docs/install.md has a udev rule" % port
        )
    if number in _BUSY:
        return "%s is busy - close the other program that has it open" % port
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return "there is no %s - plug the board in, or name another port" % port
    return "%s cannot be opened: %s" % (port, _short(error))


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__
