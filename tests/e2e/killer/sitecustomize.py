"""Code that ends the process at its n-th write to the storage, as a power cut would.

Python imports this at its start from PYTHONPATH. Each change of a file's content, name or
durability counts.
"""

import os
import signal

_left = int(os.environ.pop("KILL_AT_WRITE", "0"))


def _counted(call):
    def counted(*arguments, **named):
        global _left
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)

    return counted


for _name in ("write", "fsync", "replace", "rename", "unlink"):
    setattr(os, _name, _counted(getattr(os, _name)))
