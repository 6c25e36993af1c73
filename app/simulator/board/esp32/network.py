"""The module `network` of the ESP32 port."""

# ruff: noqa: ARG001 - the arguments are those of the real module

from _wlan import *  # noqa: F403
from _wlan import WLAN

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_BEACON_TIMEOUT = 200
STAT_ASSOC_FAIL = STAT_CONNECT_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

WLAN.PM_NONE = 0
WLAN.PM_PERFORMANCE = 1
WLAN.PM_POWERSAVE = 2


def phy_mode(mode=None):
    """Return the only mode there is."""
    return 3
