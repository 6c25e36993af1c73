"""Flash memory: a host's file, and the ways of NOR flash.

Erasing sets all bits of a block, writing can only clear bits. Each erase and each write counts as
an operation; power may be set to fail in the middle of one.
"""

import _sim
import micropython

_BLOCK = micropython.const(4096)
_EMPTY = b"\xff" * _BLOCK
_TOLD = micropython.const(4096)  # bytes read, in steps of which the host is told

# The interpreter makes a read-only view of nothing but a file in a ROMFS. So the part of the flash
# that is mapped is the only file, "x", of a ROMFS; this is what comes before its 320 KiB.
_MAPPED = micropython.const(327680)
_HEAD = b"\xd2\xcd\x31\x94\x80\x0a\x05\x94\x80\x06\x01x\x02\x94\x80\x00"


class Power:
    """`left`: operations until it fails, 0 for never. Of all flash of a board together."""

    def __init__(self, left):
        self._left = left

    def fails(self):
        """Whether it does so in the operation that begins."""
        if self._left:
            self._left -= 1
            return not self._left
        return False


class Flash:
    """The part with the file system, with the block device protocol. `posix`: the host's files."""

    def __init__(self, posix, path, blocks, power):
        self._file = posix.open(path, "r+b")
        self._blocks = blocks
        self._power = power
        self._read = 0

    def readblocks(self, block, buffer, offset=0):
        """Fill the buffer."""
        if _sim.deep and micropython.stack_use() - _sim.deep[1] > _sim.deep[0]:
            _sim.say("readblocks")
        self._read += len(buffer)
        if self._read >= _TOLD:
            _sim.tell("flash_read", self._read)
            self._read = 0
        self._file.seek(block * _BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        """Without an offset, whole blocks are erased first."""
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
        """Those of the protocol: 4 count of blocks, 5 their size, 6 erase."""
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
    """The part that is mapped into memory, where code is executed: `view`, which is read-only.

    It takes memory of this process, but none of the board's: it is made before that is filled.
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
        """The block that begins there."""
        half = self._power.fails()
        self._keep(start, memoryview(_EMPTY)[: _BLOCK // 2 if half else _BLOCK])
        if half:
            _sim.halt("power_fails")

    def write(self, start, data):
        """Bits are only cleared."""
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
    """Whether the first block is erased: then there never was a file system."""
    first = bytearray(_BLOCK)
    flash.readblocks(0, first)
    return bytes(first) == _EMPTY
