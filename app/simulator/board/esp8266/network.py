"""The module `network` of the ESP8266 port."""

# ruff: noqa: ARG001 - the arguments are those of the real module

from _wlan import *  # noqa: F403
from _wlan import WLAN

STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_WRONG_PASSWORD = 2
STAT_NO_AP_FOUND = 3
STAT_CONNECT_FAIL = 4
STAT_GOT_IP = 5

MODE_11B = 1
MODE_11G = 2
MODE_11N = 3

WLAN.PM_NONE = 0
WLAN.PM_PERFORMANCE = 2
WLAN.PM_POWERSAVE = 1


def phy_mode(mode=None):
    """Return 802.11n, of the three modes."""
    return MODE_11N
