"""The start and the end of a board's program; run by MicroPython's unix port.

Takes the number of the line to the host. Mounts the flash at /, hides the host, leaves the program
exactly the board's heap, and runs boot.py and main.py as the firmware does.
"""

import gc
import sys

sys.path[:] = [sys.path[0] + "/common"]

import _flash  # noqa: E402
import _sim  # noqa: E402
import uos as os  # noqa: E402
import vfs  # noqa: E402

_SOFT_RESET = 65  # also the status of a `SystemExit` that `machine.soft_reset` raises
_ENDED = 67
_CORRUPT = 68
_HOLE = 32  # bytes: small enough for nearly every hole

_SYS = (
    "argv byteorder exit implementation maxsize modules path print_exception stderr stdin stdout "
    "version version_info"
)


class _Sys:
    """The `sys` module, reduced to the names of the ESP ports."""


def _modules(config):
    """Put the stand-ins in the first places that imports search."""
    here = sys.path[0][: -len("/common")]
    # First, while `time` is the interpreter's: asyncio's compiled part uses that one's ticks.
    sys.path.append(".frozen")
    __import__("asyncio")
    sys.path.pop()
    for folder in config["folders"]:
        sys.path.insert(0, here + "/" + folder)
    for name in config["modules"]:
        __import__(name)
    if config["absent"]:
        __import__("_older")
    if config["platform"]:
        stand_in = _Sys()
        for name in _SYS.split():
            setattr(stand_in, name, getattr(sys, name))
        stand_in.platform = config["platform"]
        sys.modules["sys"] = stand_in


def _mount(flash):
    """Mount the flash as the ports do at start: format a blank one, never a corrupted one."""
    try:
        files = vfs.VfsLfs2(flash)
    except OSError:
        # Checked only now: power may have failed when the first block had just been erased.
        if not _flash.blank(flash):
            print("The filesystem appears to be corrupted.")
            sys.exit(_CORRUPT)
        vfs.VfsLfs2.mkfs(flash)
        _sim.tell("formatted")
        files = vfs.VfsLfs2(flash)
    vfs.umount("/")
    vfs.mount(files, "/")
    os.chdir("/")


def _mount_rom(mapped):
    """Mount the ROMFS, if there is one, as a firmware with one does at start."""
    try:
        vfs.mount(vfs.VfsRom(mapped.view), "/rom")
    except OSError:
        return
    sys.path.extend(["/rom", "/rom/lib"])


def _fill(free):
    """Fill the heap from its beginning, holes included, until `free` bytes are left at its end.

    That is the heap of a fresh board. Return the filling, which must be kept.
    """
    gc.collect()
    if gc.mem_free() < free:
        _sim.tell("small", gc.mem_free())
    kept = None
    while gc.mem_free() > free:
        kept = (kept, bytearray(_HOLE))
    gc.collect()
    return kept


def _run(name):
    """Run a file; return False if it ended in an error, which is shown."""
    try:
        os.stat(name)
    except OSError:
        return True
    try:
        execfile(name, {"__name__": "__main__"})  # noqa: F821
    except SystemExit as end:
        return _ended(name, end.args)
    except BaseException as error:  # noqa: BLE001 - as the firmware, which shows it
        sys.print_exception(error)
        return False
    return True


def _ended(name, status):
    """Restart or continue as main.c of the port; return whether main.py would be next."""
    how = _sim.config["exit"]
    forced = how == "forced" and status == (_SOFT_RESET,)
    if name == "boot.py" and not _sim.config["boot_counts"]:
        return True
    if how == "restarts" or forced:
        sys.exit(_SOFT_RESET)
    return how == "prompts"


def _main(config):
    _modules(config)
    words = 2 if sys.maxsize >> 32 else 1
    posix = vfs.VfsPosix()
    power = _flash.Power(config["cut_after"])
    flash = _flash.Flash(posix, config["image"], config["blocks"], power)
    mapped = None
    if config["rom"]:
        mapped = _flash.Mapped(posix, config["rom"], power, vfs.VfsRom)
        sys.modules["vfs"] = stand_in = __import__("_vfs")
        stand_in.mapped = mapped
    filling = _fill(config["heap"] * words)
    _mount(flash)
    gc.collect()
    sys.path[:] = ["", ".frozen", "/lib"]
    if mapped:
        _mount_rom(mapped)
    _sim.tell("started", gc.mem_free())
    if _run("boot.py") or not config["boot_counts"]:
        _run("main.py")
    del filling
    sys.exit(_ENDED)


_main(_sim.config)
