"""Profile of a simulated modem: its SIM, its network, its firmware, its supply."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ModemProfile:
    """The properties of a simulated modem.

    The SIM (`ready`, `none`, `pin`, `puk`) and its PIN; the network (`home`, `roaming`, `denied`,
    `none`), the time to find it (s), the signal (0 to 31), the only APN that works ("" for any);
    whether the firmware has TLS and AT+HTTPHEAD; whether the modem is off initially; its rate (0:
    detected); the factor of its time over real time; its supply (mV).
    """

    sim: str = "ready"
    pin: str = "1234"
    network: str = "home"
    search_s: float = 4.0
    signal: int = 18
    apn: str = ""
    tls: bool = True
    heads: bool = True
    off: bool = False
    rate: int = 0
    speed: float = 1.0
    millivolts: int = 4012
