"""A simulated board for tests, the demo and the command: power, surroundings, files."""

from __future__ import annotations

import fcntl
import json
import secrets
from pathlib import Path
from typing import IO, Any, Callable

from app.simulator import control, interpreter
from app.simulator.boards import Kind, kind_of
from app.simulator.errors import SimError
from app.simulator.firmware import NEWEST
from app.simulator.hardware import Hardware
from app.simulator.image import FilesystemImage
from app.simulator.life import BoardRun
from app.simulator.modem import ModemOptions, SimModem
from app.simulator.supervisor import ASLEEP, OFF, ON, PROMPT, Supervisor
from app.simulator.wifi import DEFAULT_NETWORK, DEFAULT_PASSWORD, Network
from build.firmware import romfs
from build.firmware.layout import ROM_SLOT

__all__ = ["ASLEEP", "OFF", "ON", "PROMPT", "SimBoard"]

_TICKS_WRAP = 1 << 30


def _nothing(*_told: Any, **_fields: Any) -> None:
    pass


class SimBoard:
    """A board called `name` with its flash and identity in the folder `root`. Used in a `with`.

    `tell(event, **fields)` receives the board's events, `show(line)` its output; both from another
    thread. `heap`: bytes of 32-bit words, 0 for the board's own. `wraps_after`: ms from each start
    until `time.ticks_ms` wraps. `modem`: for a board that has one. `firmware`: the version of
    MicroPython to simulate (`app.simulator.firmware`).
    """

    def __init__(
        self,
        name: str,
        root: Path,
        tell: Callable[..., None] = _nothing,
        show: Callable[[str], None] = _nothing,
        heap: int = 0,
        wraps_after: int = _TICKS_WRAP,
        modem: ModemOptions | None = None,
        firmware: str = NEWEST,
    ) -> None:
        self.kind = kind_of(name)
        self.image = FilesystemImage(root / "flash.img", self.kind.blocks)
        self._rom = root / "rom.img" if self.kind.rom else None
        heap = heap or self.kind.heap
        command = interpreter.command()
        mac = _mac(self.kind, root)
        self._lock = _lock(root)
        if not self.image.exists():
            self.image.erase()
        if self._rom:
            self._put_rom(self._rom.read_bytes() if self._rom.exists() else b"")
        wires = self.kind.modem
        made = SimModem(wires, tell, modem or ModemOptions()) if wires else None
        hardware = Hardware(self.kind, mac, root / "nvs.json", tell, made, firmware)
        hardware.air.add(Network(DEFAULT_NETWORK, DEFAULT_PASSWORD))
        self.supervisor = Supervisor(
            hardware,
            lambda: BoardRun(command, heap + (self.kind.rom.size if self.kind.rom else 0)),
            {
                "image": str(self.image.path),
                "rom": str(self._rom or ""),
                "heap": heap,
                "ticks": _TICKS_WRAP - wraps_after,
            },
            tell,
            show,
        )

    def __enter__(self) -> SimBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state(self) -> str:
        """OFF, ON, PROMPT (the program has ended) or ASLEEP."""
        return self.supervisor.state

    def start(self) -> None:
        """Turn the power on."""
        self.supervisor.order(self.supervisor.power_on)

    def stop(self, timeout: float = 10) -> None:
        """Press Ctrl-C on the console; turn the power off when the program ends, or after 5 s."""
        self.supervisor.order(self.supervisor.stop)
        self.wait(OFF, timeout=timeout)

    def power_cut(self) -> None:
        """Cut the power at once; `start` turns it on again."""
        self.supervisor.order(self.supervisor.power_off)

    def cut_after(self, operations: int) -> None:
        """Have power fail in the next run, in the middle of that operation on the flash."""
        self.supervisor.cut_after = operations

    def control(self, line: str) -> None:
        """Carry out a command of `app.simulator.control`; raise `SimError` if it fails."""
        control.obey(line, self.supervisor)

    def type(self, line: str) -> None:
        """Type a line on the console."""
        self.supervisor.order(lambda: self.supervisor.type(line.encode() + b"\n"))

    def interrupt(self) -> None:
        """Press Ctrl-C on the console."""
        self.supervisor.order(self.supervisor.interrupt)

    def wait(self, *states: str, timeout: float = 30) -> str:
        """Wait until the board is in one of these states, and return it."""
        supervisor = self.supervisor
        with supervisor.news:
            if not supervisor.news.wait_for(lambda: supervisor.state in states, timeout):
                raise SimError("the board is %s, not %s" % (self.state, " or ".join(states)))
            return supervisor.state

    def files(self) -> dict[str, bytes]:
        """Return all files; the board must be off."""
        self._must_be_off()
        return self.image.files()

    def put(self, files: dict[str, bytes], remove: frozenset[str] = frozenset()) -> None:
        """Write files, and remove others. The board must be off."""
        self._must_be_off()
        self.image.put(files, remove)

    def put_rom(self, files: dict[str, bytes]) -> None:
        """Write the files to execute in place, mounted at /rom; erase that part if there are none.

        Data behind them, which the board wrote itself, stays.
        """
        self._must_be_off()
        image = romfs.make(files) if files else b""
        if len(image) > ROM_SLOT:
            raise SimError("the OS has %d bytes, its place %d" % (len(image), ROM_SLOT))
        if self._rom:
            self._put_rom(image.ljust(ROM_SLOT, b"\xff") + self._rom.read_bytes()[ROM_SLOT:])

    def close(self) -> None:
        """Turn the power off, and release all but the files."""
        self.supervisor.close()
        self._lock.close()

    def _put_rom(self, data: bytes) -> None:
        """Write the image, filled up to the size of its part of the flash."""
        assert self._rom and self.kind.rom
        self._rom.write_bytes(data.ljust(self.kind.rom.size, b"\xff"))

    def _must_be_off(self) -> None:
        if self.state != OFF:
            raise SimError("the board is %s - its files can be had when it is off" % self.state)


def _lock(root: Path) -> IO[str]:
    """Lock the folder while the file is open: two boards would ruin a flash they share."""
    lock = (root / "board.json").open()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise SimError("a board runs on %s already - name another folder" % root) from None
    return lock


def _mac(kind: Kind, root: Path) -> bytes:
    """Return the board's address, made once; a folder belongs to one kind of board."""
    path = root / "board.json"
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            # 0x02: locally administered (IEEE 802)
            made = {"board": kind.name, "mac": (b"\x02" + secrets.token_bytes(5)).hex()}
            path.write_text(json.dumps(made) + "\n", encoding="ascii")
        found: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        if found["board"] != kind.name:
            raise SimError("%s holds an %s - name another folder" % (root, found["board"]))
        return bytes.fromhex(found["mac"])
    except OSError as error:
        raise SimError("the folder %s cannot be used: %s" % (root, error.strerror)) from None
    except (ValueError, KeyError, TypeError):
        raise SimError("%s is not what a simulated board has left" % path) from None
