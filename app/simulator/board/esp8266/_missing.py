"""What the ESP8266's firmware is built without, and the interpreter here is not.

micropython: ports/esp8266/mpconfigport.h. What cannot be taken away from it is refused by the
generator, build/slim/language.py.
"""

import builtins
import sys
from binascii import a2b_base64, b2a_base64, hexlify, unhexlify  # noqa: F401

_pow = builtins.pow


def _of_two(base, exponent):
    return _pow(base, exponent)


builtins.pow = _of_two
sys.modules["binascii"] = sys.modules[__name__]
