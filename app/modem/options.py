"""What a simulated modem is like: its SIM, its network, its firmware, its supply."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Options:
    """The SIM (`ready`, `none`, `pin`, `puk`) and its PIN; the network (`home`, `roaming`,
    `denied`, `none`), how long it takes to find it (s), the signal (0 to 31), the only APN that
    works ("" for any); whether the firmware has TLS and AT+HTTPHEAD; whether it is off at first;
    its rate (0: it listens for one); how much faster than time it is; its supply (mV)."""

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
