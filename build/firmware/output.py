"""The output of the images: the folder of each board is written whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from build.firmware.model import BuildResult, FirmwareError
from build.slim.emit import swap

# The files that a folder of ours may contain; any other file is not ours to delete.
_OURS = {"littlefs.bin", "romfs.bin", "manifest.py", "modules", "firmware.bin", "manifest.json"}


def writable(out: Path, boards: list[str]) -> None:
    """Check before the work that the folders can be written. Raise `FirmwareError` if not."""
    for board in boards:
        folder = out / board
        try:
            names = set(os.listdir(folder)) if os.path.lexists(folder) else set()
        except OSError as error:
            raise _failed(folder, error) from None
        if names - _OURS:
            raise FirmwareError(
                "%s has files that are not ours (%s) - name another folder with --out"
                % (folder, sorted(names - _OURS)[0])
            )
    there = out.absolute()
    while not os.path.lexists(there):
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise FirmwareError("%s cannot be written - name another folder with --out" % there)


def write(out: Path, results: list[BuildResult]) -> None:
    """Replace the folders of all boards."""
    work = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".firmware-", dir=out))
        for made in results:
            _fill(work / "new" / made.board, made.files)
        (work / "old").mkdir()
        for made in results:
            swap(work / "new" / made.board, out / made.board, work / "old" / made.board)
    except OSError as error:
        raise _failed(out, error) from None
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def _fill(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _failed(path: Path, error: OSError) -> FirmwareError:
    reason = error.strerror or str(error)
    return FirmwareError("%s cannot be written: %s" % (path, reason))
