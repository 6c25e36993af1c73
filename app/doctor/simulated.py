"""The probe of a simulated board: shows the doctor's verdict without hardware."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.doctor.port import PortError
from app.simulator.boards import kind_of
from app.simulator.errors import SimError
from app.simulator.firmware import firmware as known
from app.simulator.host import OFF, PROMPT, SimBoard


def ask(name: str, firmware: str, program: str) -> str:
    """Run a program on a fresh board of that kind and return its output. Raise `PortError`."""
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pythings-doctor-") as folder:
        try:
            known(kind_of(name).port, firmware)
            with SimBoard(name, Path(folder), show=said.append, firmware=firmware) as board:
                board.put({"main.py": program.encode()})
                board.start()
                board.wait(PROMPT, OFF)
        except SimError as error:
            raise PortError(str(error)) from None
    return "\n".join(said)
