"""`os` as on the ESP ports: nothing of the host's."""

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
    """(sysname, nodename, release, version, machine), also by name."""
    return _Uname(_names)


def dupterm(stream=None, index=0):
    """The console stays where it is."""


def dupterm_notify(_stream):
    """Nothing to do."""


def urandom(size):
    """Made of the radio's noise; without any, the same at each start."""
    return binascii.unhexlify(_sim.call("random", size))
