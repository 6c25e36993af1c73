# Untyped: the fakes implement no port completely. Running them checks their results.
# mypy: no-check-untyped-defs
"""The payload cipher with a device's own AES; elsewhere the cases are only repeated."""

from __future__ import annotations

from adapters.cloud import cipher

try:
    from cryptolib import aes as device_aes  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    device_aes = None

_ECB = 1


class DeviceAes:
    """The cipher port, on `cryptolib`."""

    def __init__(self, key):
        self.secret = key

    def encrypt(self, block):
        return device_aes(self.secret, _ECB).encrypt(block)

    def decrypt(self, block):
        return device_aes(self.secret, _ECB).decrypt(block)


def run(out, cases):
    """Trace each case: a key, a text, and its form on the wire."""
    for key, text, wire in cases:
        if device_aes is not None:
            aes = DeviceAes(bytes(key))
            wire = cipher.encrypt(aes, text)
            text = cipher.decrypt(aes, wire.encode()).decode()
        out("%s %s" % (wire, text))
