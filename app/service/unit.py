"""The systemd unit of a Thing on this machine, and the file of its environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

NAME = "pythings"
DATA = "/var/lib/" + NAME
ENVIRONMENT = "/etc/%s.env" % NAME
_HOMES = ("/home/", "/root/", "/run/user/")

_UNIT = """\
# This machine as a Thing; written by `pythings service install`, which replaces it.
# Its data is in {data}, its parameters are in {environment}, mode 0600: PYTHINGS_AID=...
[Unit]
Description=PythingsOS, this machine as a Thing
# It waits for a network itself.
After=network.target

[Service]
Type=notify
# An OS on trial runs in a child.
NotifyAccess=all
# The OS then sets a limit of its own: five minutes, and the longest call of the app.
WatchdogSec=6min
DynamicUser=yes
StateDirectory={name}
StateDirectoryMode=0700
EnvironmentFile=-{environment}
ExecStart={command}
# 75 asks for another start, 2 is a wrong parameter.
Restart=always
RestartSec=5
RestartPreventExitStatus=2
SuccessExitStatus=75
TimeoutStopSec=40
KillMode=mixed
# An app that takes too much memory ends alone.
OOMPolicy=continue

# Nothing but its data, the network, and time.
CapabilityBoundingSet=
KeyringMode=private
LockPersonality=yes
NoNewPrivileges=yes
{devices}
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome={home}
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
UMask=0077

[Install]
WantedBy=multi-user.target
"""

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_VARIABLE = re.compile(r"(PYTHINGS_\w+)=(.*)", re.ASCII)


@dataclass(frozen=True)
class Service:
    """A service. `command`: with its arguments; `needed`: paths that it reads, such as its Python;
    `modem`: the port of a modem, or ""."""

    command: tuple[str, ...]
    needed: tuple[str, ...]
    modem: str = ""

    def unit(self) -> str:
        """Return the text of the unit."""
        at_home = any(os.path.realpath(path).startswith(_HOMES) for path in self.needed)
        return _UNIT.format(
            name=NAME,
            data=DATA,
            environment=ENVIRONMENT,
            command=" ".join(map(_word, self.command)),
            devices=_devices(self.modem),
            home="read-only" if at_home else "yes",
        )

    def hidden(self) -> str:
        """Return a needed path that the service's own user cannot reach, or an empty text."""
        for path in self.needed:
            for place in (Path(os.path.abspath(path)), Path(os.path.realpath(path))):
                for part in (place, *place.parents):
                    if not part.stat().st_mode & (0o001 if part.is_dir() else 0o004):
                        return str(part)
        return ""


def _word(text: str) -> str:
    """Quote a word of a command (systemd.service(5), "Command lines")."""
    text = text.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(text):
        return text
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def _devices(modem: str) -> str:
    if not modem:
        return "PrivateDevices=yes"
    kind = os.path.basename(os.path.realpath(modem)).rstrip("0123456789")
    # By its kind, as a number changes when it is plugged in again.
    return "DevicePolicy=closed\nDeviceAllow=char-%s rw\nSupplementaryGroups=dialout" % kind


def environment(before: str, given: dict[str, str]) -> str:
    """Return the text of the environment's file: the lines of before, with the given values."""
    wanted = {"PYTHINGS_" + name.upper(): value for name, value in given.items()}
    lines = [line for line in before.splitlines() if _name(line) not in wanted]
    lines += ["%s=%s" % (name, _value(value)) for name, value in sorted(wanted.items())]
    return "".join(line + "\n" for line in lines)


def has(text: str, name: str) -> bool:
    """Tell whether such a file gives a value to a parameter."""
    return "PYTHINGS_" + name.upper() in map(_name, text.splitlines())


def _name(line: str) -> str:
    found = _VARIABLE.fullmatch(line.strip())
    return found.group(1) if found else ""


def _value(text: str) -> str:
    return '"%s"' % re.sub(r'([\\"`$])', r"\\\1", text)
