"""littlefs images as MicroPython's VfsLfs2 makes them, written and read."""

from __future__ import annotations

from typing import Any

from build.firmware.layout import BLOCK
from build.firmware.model import FirmwareError

# micropython: extmod/vfs_lfs.c, vfs_lfsx.c: readsize, progsize and lookahead of 32 bytes, a cache
# four times as large, 100 erasures before a block is moved. The cache size decides which files are
# small enough to lie within their directory: with the same size, all lies where the board would put
# it.
_READ = 32
_CACHE = 4 * _READ
_CYCLES = 100

# Older firmware refuses 2.1, which came with littlefs 2.6; newer firmware takes both.
_DISK_VERSION = 0x00020000


def make(files: dict[str, bytes], size: int) -> tuple[bytes, int]:
    """Make an image of `size` bytes with these files; return it with the number of bytes in use.

    The same files give the same image. A path may have folders. Files have no modification time:
    MicroPython shows it as 0.
    """
    system, error = _system(bytearray(b"\xff" * size), {"disk_version": _DISK_VERSION})
    try:
        system.format()
        system.mount()
        for path in sorted(files):
            folder = path.rpartition("/")[0]
            if folder:
                system.makedirs(folder, exist_ok=True)
            with system.open(path, "wb") as file:
                file.write(files[path])
        used = system.used_block_count * BLOCK
        system.unmount()
    except (error, OSError) as reason:
        total = sum(map(len, files.values()))
        raise FirmwareError(
            "%d bytes in %d files do not fit into a file system of %d bytes (%s)"
            % (total, len(files), size, reason)
        ) from None
    return bytes(system.context.buffer), used


def read(image: bytes) -> dict[str, bytes]:
    """Read all files of an image, by path."""
    # Any disk version is accepted: a board with newer firmware may have made it.
    system, error = _system(bytearray(image), {})
    try:
        system.mount()
        found = {}
        for folder, _, names in system.walk("/"):
            for name in names:
                path = folder.rstrip("/") + "/" + name
                with system.open(path, "rb") as file:
                    found[path[1:]] = bytes(file.read())
        system.unmount()
    except (error, OSError) as reason:
        raise FirmwareError("this is no littlefs that can be read (%s)" % reason) from None
    return found


def _system(buffer: bytearray, options: dict[str, Any]) -> tuple[Any, type[Exception]]:
    """Return the unmounted file system on a buffer, and its exception type."""
    try:
        import littlefs
    except ImportError:
        raise FirmwareError("littlefs is missing - install the package littlefs-python") from None
    system = littlefs.LittleFS(
        littlefs.UserContext(buffer=buffer),
        mount=False,
        block_size=BLOCK,
        block_count=len(buffer) // BLOCK,
        read_size=_READ,
        prog_size=_READ,
        cache_size=_CACHE,
        lookahead_size=_READ,
        block_cycles=_CYCLES,
        **options,
    )
    return system, littlefs.LittleFSError
