"""Mount an image in a real MicroPython, and list its files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from build.slim import probe
from tests.patience import PATIENCE_S

_PROGRAM = """
import json, os, sys, vfs

class Ram:
    def __init__(self, data):
        self.data = data

    def readblocks(self, block, buf, offset=0):
        start = block * 4096 + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        start = block * 4096 + offset
        self.data[start : start + len(buf)] = buf

    def ioctl(self, op, arg):
        return {4: len(self.data) // 4096, 5: 4096}.get(op, 0)

with open("image", "rb") as file:
    image = bytearray(file.read())
system = vfs.VfsRom(bytes(image)) if image[:3] == b"\\xd2\\xcd\\x31" else vfs.VfsLfs2(Ram(image))
vfs.mount(system, "/os")
sys.path.insert(0, "/os")
found = {}
for name in os.listdir("/os"):
    with open("/os/" + name, "rb") as file:
        data = file.read()
    found[name] = [len(data), sum(data)]
if WRITES:
    with open("/os/new", "wb") as file:
        file.write(b"0123456789" * 1000)
    with open("/os/new", "rb") as file:
        assert file.read() == b"0123456789" * 1000
for name in IMPORTS:
    found[name] = [1 if __import__(name) else 0, 0]
print(json.dumps(found))
"""


def mounted(folder: Path, image: bytes, imports=(), writes=False) -> dict[str, list[int]]:
    """Return (length, sum of the bytes) of each file, and (1, 0) of each module in `imports`."""
    command = probe.micropython()
    if not command:
        pytest.skip("MicroPython's unix port is not installed")
    folder.joinpath("image").write_bytes(image)
    program = _PROGRAM.replace("IMPORTS", repr(list(imports))).replace("WRITES", repr(writes))
    folder.joinpath("mount.py").write_text(program, encoding="ascii")
    line = [*command, "-X", "heapsize=16M", "mount.py"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, list[int]] = json.loads(done.stdout)
    return result


def told(files: dict[str, bytes]) -> dict[str, list[int]]:
    """Return (length, sum of the bytes) of given files, for comparison."""
    return {name: [len(data), sum(data)] for name, data in files.items()}
