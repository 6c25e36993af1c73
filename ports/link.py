"""A way to reach the cloud: Wi-Fi, cellular, or the machine's own network."""

from __future__ import annotations

from typing import Protocol


class Link(Protocol):
    """One network interface."""

    def up(self, host: str) -> None:
        """Bring the link up so that `host` (name or address) can be reached; idempotent.

        Blocks for at most 30 s, a cellular link for 100 s. Raises `LinkError`: `no_link` (no
        network), `no_address` (the name does not resolve; a modem finds that out with the first
        request only), `wrong_password` (a network, or the SIM, refused the credentials).
        """

    def down(self) -> None:
        """Take the link down as far as it is the Thing's to do so. Never raises."""

    def status(self) -> dict[str, object]:
        """Return the facts known at once: `kind` (str), `up` (bool), and where known `address`
        (str), `network` (str), `rssi` (dBm), `battery` (% left) and `millivolts` of a modem,
        `exposed` (True: TLS over this link is not verified). Never raises."""

    def scan(self) -> list[tuple[str, int, bool]]:
        """Return the networks in reach as (name, RSSI in dBm, needs a password), strongest first.

        Blocks for at most 15 s; empty where there is nothing to choose from. Those of a modem have
        an RSSI of 0, as it tells none, and "needs a password" is that this SIM may not use it; a
        modem blocks for up to 75 s: call it only when a user asks.
        """


class ModemLink(Link, Protocol):
    """A link of the kind `cellular`."""

    def dialogue(self, command: str) -> list[str]:
        """Send a command to the modem between two exchanges; return the lines that it answers.

        Blocks for at most 45 s. Raises `DeviceError` `refused` for one that takes or shows a
        secret, or belongs to an exchange; `LinkError` `no_link` when the modem does not answer.
        """


class Access(Protocol):
    """The credentials that a mobile network's operator requires."""

    def access(self) -> tuple[str, str, str, str]:
        """Return APN, user and password, and the SIM's PIN; "" for each that is not set."""


class LinkProbe(Protocol):
    """A probe for a link that is down, while the Thing uses another one."""

    def near(self, host: str) -> bool:
        """Return whether the link is up, or seems to lead to `host`, and then comes up by itself in
        a few seconds: so twice True in a row is as good as up. After False it stays down.

        Blocks for at most 5 s. Never raises.
        """
