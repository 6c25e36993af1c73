"""Functions that the interpreter has and the ESP8266's firmware lacks are hidden here.

micropython: ports/esp8266/mpconfigport.h. The generator, build/slim/language.py, refuses those
that cannot be hidden.
"""

import builtins
import sys
from binascii import a2b_base64, b2a_base64, hexlify, unhexlify  # noqa: F401

_pow = builtins.pow


def _of_two(base, exponent):
    return _pow(base, exponent)


builtins.pow = _of_two
sys.modules["binascii"] = sys.modules[__name__]
