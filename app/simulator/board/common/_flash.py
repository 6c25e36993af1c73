"""Flash memory in a host's file, with the rules of NOR flash.

Erasing sets all bits of a block, writing can only clear bits. Each erase and each write counts as
an operation; power may be set to fail in the middle of one.
"""

import _sim
import micropython

_BLOCK = micropython.const(4096)
_EMPTY = b"\xff" * _BLOCK
_TOLD = micropython.const(4096)  # bytes read between two reports to the host

# The interpreter makes read-only views only of files in a ROMFS. So the mapped part of the flash is
# the only file, "x", of a ROMFS; this header precedes its 320 KiB.
_MAPPED = micropython.const(327680)
_HEAD = b"\xd2\xcd\x31\x94\x80\x0a\x05\x94\x80\x06\x01x\x02\x94\x80\x00"


class Power:
    """The operations `left` until power fails, 0 for never; all flash of a board shares it."""

    def __init__(self, left):
        self._left = left

    def fails(self):
        """Count an operation that begins, and tell whether power fails in it."""
        if self._left:
            self._left -= 1
            return not self._left
        return False


class Flash:
    """The part with the file system, as a block device; `posix` opens files of the host."""

    def __init__(self, posix, path, blocks, power):
        self._file = posix.open(path, "r+b")
        self._blocks = blocks
        self._power = power
        self._read = 0

    def readblocks(self, block, buffer, offset=0):
        """Fill the buffer from a block on."""
        if _sim.deep and micropython.stack_use() - _sim.deep[1] > _sim.deep[0]:
            _sim.say("readblocks")
        self._read += len(buffer)
        if self._read >= _TOLD:
            _sim.tell("flash_read", self._read)
            self._read = 0
        self._file.seek(block * _BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        """Write the buffer; without an offset, write whole blocks, and erase them first."""
        if _sim.deep and micropython.stack_use() - _sim.deep[1] > _sim.deep[0]:
            _sim.say("writeblocks")
        if offset is None:
            for number in range(len(buffer) // _BLOCK):
                self._erase(block + number)
            offset = 0
        start = block * _BLOCK + offset
        half = self._power.fails()
        data = memoryview(buffer)[: len(buffer) // 2] if half else buffer
        self._program(start, data)
        if half:
            _sim.halt("power_fails")

    def ioctl(self, operation, argument):
        """Answer a request of the protocol: 4 count of blocks, 5 their size, 6 erase."""
        if operation == 4:
            return self._blocks
        if operation == 5:
            return _BLOCK
        if operation == 6:
            self._erase(argument)
        return 0

    def _erase(self, block):
        half = self._power.fails()
        self._file.seek(block * _BLOCK)
        self._file.write(memoryview(_EMPTY)[: _BLOCK // 2] if half else _EMPTY)
        if half:
            _sim.halt("power_fails")

    def _program(self, start, data):
        size = len(data)
        before = bytearray(size)
        self._file.seek(start)
        self._file.readinto(before)
        if before != memoryview(_EMPTY)[:size]:
            for index in range(size):
                before[index] &= data[index]
            data = before
        self._file.seek(start)
        self._file.write(data)


class Mapped:
    """The part that is mapped into memory, where code is executed: `view` is read-only.

    Its copy takes memory of this process but none of the board's heap: it is made before that is
    filled.
    """

    def __init__(self, posix, path, power, rom):
        self._file = posix.open(path, "r+b")
        self._power = power
        self._all = bytearray(len(_HEAD) + _MAPPED)
        self._all[: len(_HEAD)] = _HEAD
        self._cells = memoryview(self._all)[len(_HEAD) :]
        self._file.readinto(self._cells)
        self.view = memoryview(rom(self._all).open("x", "rb"))

    def erase(self, start):
        """Erase the block that begins at `start`."""
        half = self._power.fails()
        self._keep(start, memoryview(_EMPTY)[: _BLOCK // 2 if half else _BLOCK])
        if half:
            _sim.halt("power_fails")

    def write(self, start, data):
        """Write data; this can only clear bits."""
        half = self._power.fails()
        size = len(data) // 2 if half else len(data)
        cells = self._cells[start : start + size]
        for index in range(size):
            cells[index] &= data[index]
        self._keep(start, cells)
        if half:
            _sim.halt("power_fails")

    def _keep(self, start, data):
        self._cells[start : start + len(data)] = data
        self._file.seek(start)
        self._file.write(data)


def blank(flash):
    """Tell whether the first block is erased: then there never was a file system."""
    first = bytearray(_BLOCK)
    flash.readblocks(0, first)
    return bytes(first) == _EMPTY
