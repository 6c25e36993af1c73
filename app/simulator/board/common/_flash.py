"""Flash memory: a host's file with the block device protocol, and the ways of NOR flash.

Erasing sets all bits of a block, writing can only clear bits. Each erase and each write counts as
an operation; power may be set to fail in the middle of one.
"""

import _sim
import micropython

_BLOCK = micropython.const(4096)


class Flash:
    """`posix`: the host's file system; `left`: operations until the power fails, 0 for never."""

    def __init__(self, posix, path, blocks, left):
        self._file = posix.open(path, "r+b")
        self._blocks = blocks
        self._left = left
        self._empty = b"\xff" * _BLOCK

    def readblocks(self, block, buffer, offset=0):
        """Fill the buffer."""
        self._file.seek(block * _BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        """Without an offset, whole blocks are erased first."""
        if offset is None:
            for number in range(len(buffer) // _BLOCK):
                self._erase(block + number)
            offset = 0
        start = block * _BLOCK + offset
        half = self._fails()
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

    def _fails(self):
        if self._left:
            self._left -= 1
            return not self._left
        return False

    def _erase(self, block):
        half = self._fails()
        self._file.seek(block * _BLOCK)
        self._file.write(memoryview(self._empty)[: _BLOCK // 2] if half else self._empty)
        if half:
            _sim.halt("power_fails")

    def _program(self, start, data):
        size = len(data)
        before = bytearray(size)
        self._file.seek(start)
        self._file.readinto(before)
        if before != memoryview(self._empty)[:size]:
            for index in range(size):
                before[index] &= data[index]
            data = before
        self._file.seek(start)
        self._file.write(data)


def blank(flash):
    """Whether the first block is erased: then there never was a file system."""
    first = bytearray(_BLOCK)
    flash.readblocks(0, first)
    return bytes(first) == flash._empty
