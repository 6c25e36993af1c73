"""The module `esp32`: the non-volatile storage, and the other functions that programs use."""

import binascii

import _sim

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True

_NO_SUCH_KEY = -0x1102  # ESP_ERR_NVS_NOT_FOUND


class NVS:
    """A namespace of the non-volatile storage; `commit` makes changes durable."""

    def __init__(self, namespace):
        self._space = namespace
        self._kept = _sim.call("nvs_load", namespace)

    def set_i32(self, key, value):
        """Set a number."""
        self._kept[key] = value

    def get_i32(self, key):
        """Return a number."""
        value = self._kept.get(key)
        if not isinstance(value, int):
            raise OSError(_NO_SUCH_KEY, "ESP_ERR_NVS_NOT_FOUND")
        return value

    def set_blob(self, key, value):
        """Set bytes."""
        if isinstance(value, str):
            value = value.encode()
        self._kept[key] = binascii.hexlify(bytes(value)).decode()

    def get_blob(self, key, buffer):
        """Read bytes into the buffer, and return their number."""
        value = self._kept.get(key)
        if not isinstance(value, str):
            raise OSError(_NO_SUCH_KEY, "ESP_ERR_NVS_NOT_FOUND")
        data = binascii.unhexlify(value)
        if len(data) > len(buffer):
            raise OSError(-0x110C, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(data)] = data
        return len(data)

    def erase_key(self, key):
        """Erase a key."""
        if key not in self._kept:
            raise OSError(_NO_SUCH_KEY, "ESP_ERR_NVS_NOT_FOUND")
        del self._kept[key]

    def commit(self):
        """Make the changes durable."""
        _sim.call("nvs_save", self._space, self._kept)


class Partition:
    """A partition of a flash of 4 MiB (`partitions-4MiB.csv`); read-only."""

    TYPE_APP = 0
    TYPE_DATA = 1
    _ROWS = (
        (1, 2, 0x9000, 0x6000, "nvs"),
        (1, 1, 0xF000, 0x1000, "phy_init"),
        (0, 0, 0x10000, 0x1F0000, "factory"),
        (1, 0x81, 0x200000, 0x200000, "vfs"),
    )

    def __init__(self, row):
        self._row = row

    @classmethod
    def find(cls, type=0, subtype=0xFF, label=None):
        """Return all partitions that match."""
        return [
            cls(row)
            for row in cls._ROWS
            if row[0] == type and subtype in (0xFF, row[1]) and label in (None, row[4])
        ]

    def info(self):
        """Return (type, subtype, address, size, label, encrypted)."""
        return self._row + (False,)


def raw_temperature():
    """Return degrees Fahrenheit."""
    return 118


def wake_on_ext0(pin=None, level=None):
    """Accept a pin to wake up by, which is never used."""


def wake_on_ext1(pins=None, level=None):
    """Accept pins to wake up by, which are never used."""
