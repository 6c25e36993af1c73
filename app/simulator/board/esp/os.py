"""The module `os` as on the ESP ports, without the host's functions."""

import binascii

import _sim
from uos import (  # noqa: F401
    VfsFat,
    VfsLfs2,
    chdir,
    getcwd,
    ilistdir,
    listdir,
    mkdir,
    mount,
    remove,
    rename,
    rmdir,
    stat,
    statvfs,
    umount,
    unlink,
)

_names = tuple(_sim.config["uname"])


class _Uname(tuple):
    sysname, nodename, release, version, machine = _names


def uname():
    """Return (sysname, nodename, release, version, machine), also by name."""
    return _Uname(_names)


def dupterm(stream=None, index=0):
    """Leave the console in its place."""


def dupterm_notify(_stream):
    """Do nothing."""


def urandom(size):
    """Return bytes from the radio's noise; with the radio off, the same at each start."""
    return binascii.unhexlify(_sim.call("random", size))
