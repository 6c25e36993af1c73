"""The options of `pythings run`: from its command line, the environment, and files in the root."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from adapters.linux import inputs
from adapters.linux.console import LinesConsole
from adapters.linux.crypto import LinuxCrypto
from adapters.linux.files import private
from adapters.linux.storage import LinuxStorage
from app.boards.cellular import Cellular, way
from app.cli.parsing import command_parser, folder
from domain.errors import ThingError
from domain.security.signed import MAX_TEXT
from domain.settings.parameters import NAMES, TRUST, Parameters, load

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

_FILES = {"sim_pin": "pin_file", "apn_password": "apn_password_file"}  # secrets
_MOST_SECRET = 256

_GIVEN = "trust.given"  # the key list as last given with --trust

_ID = re.compile(r"[A-Za-z0-9._:-]*", re.ASCII)

_REMEDIES = {
    "backend": " - give [http[s]://]host[:port], without a path or a user; a name that is not"
    " ASCII as xn--...",
    "aid": " - copy it from your cloud's dashboard",
    "tid": " - choose another",
}

_EPILOG = """\
Each of aid, tid, backend, pool, cloud_key, app_timeout, queue_kb and loglevel can also be given in
the environment (PYTHINGS_AID=...) or, what lasts, as a file of that name in the root folder that
holds nothing but the value. PYTHINGS_ROOT and PYTHINGS_CA stand for --root and --ca; so does, for
--ca, a file ca in the root folder, PEM or DER. PYTHINGS_TRUST stands for --trust.
What stands on the command line wins over the environment, that over the files.

With --modem a SIM800 on a serial line is the way to the cloud when this machine's own network does
not lead there. PYTHINGS_MODEM, PYTHINGS_APN, PYTHINGS_APN_USER, PYTHINGS_APN_PASSWORD and
PYTHINGS_SIM_PIN stand for its options; --pin-file and --apn-password-file take the first line of a
file, which `ps` does not show. A SIM800 verifies no certificates: over it the payload is
encrypted, whatever the settings say.

exit status: 0 stopped by SIGTERM or Ctrl-C, or asleep (with --sleep), 1 it cannot run here
(the folder cannot be used, or another Thing runs in it), 2 wrong usage, 75 it wants to be started
again (with --supervised).
"""


def parser(boards: Iterable[str]) -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    made = command_parser("run", "Turn this machine into a Thing, in the foreground.", _EPILOG)
    default = Path(os.environ.get("PYTHINGS_ROOT") or "~/.pythings").expanduser()
    made.add_argument("--root", type=folder, default=default, help="its folder (%(default)s)")
    made.add_argument(
        "--board",
        choices=sorted(boards),
        default="linux",
        help="what this machine is: a Raspberry Pi has a light to show how it is (%(default)s)",
    )
    made.add_argument("--aid", help="the App that it belongs to (from your cloud's dashboard)")
    made.add_argument("--tid", help="the Thing's id (default: made from this machine's id)")
    made.add_argument("--backend", help="the cloud: [http[s]://]host[:port]")
    made.add_argument("--pool", help="the pool that it joins when first seen")
    made.add_argument("--cloud-key", help="the cloud's public key, for payload encryption")
    made.add_argument("--app-timeout", help="seconds that a call of the app may take (30)")
    made.add_argument(
        "--queue-kb",
        help="KiB of disk for readings that wait (a quarter of what is free, to 1 GiB)",
    )
    made.add_argument("--ca", metavar="FILE", help="certificate of a private CA, PEM")
    made.add_argument("--trust", metavar="FILE", help="key list: whose OS releases it takes")
    made.add_argument("--modem", metavar="PORT", help="a SIM800, such as /dev/ttyUSB0")
    made.add_argument("--apn", help="what the SIM's operator calls its access to the Internet")
    made.add_argument("--apn-user", help="where the operator wants one")
    made.add_argument("--apn-password-file", metavar="FILE", help="where the operator wants one")
    made.add_argument("--pin-file", metavar="FILE", help="where the SIM wants its PIN")
    for seen in ("--apn-password", "--sim-pin"):  # still taken, and warned of
        made.add_argument(seen, help=argparse.SUPPRESS)
    made.add_argument("--modem-only", action="store_true", help="never by another network")
    made.add_argument("--loglevel", choices=sorted(LEVELS, key=LEVELS.__getitem__))
    made.add_argument("--json", action="store_true", help="one JSON event a line")
    made.add_argument("--supervised", action="store_true", help="restart by ending with status 75")
    made.add_argument(
        "--sleep",
        action="store_true",
        help="by the setting battery_operated, end until the next task: something starts it then",
    )
    made.add_argument(
        "--hold", action="store_true", help="wait in boot for `pythings shell`, 10 minutes at most"
    )
    return made


def given(options: argparse.Namespace) -> dict[str, str]:
    """Return the parameters in the command line and the environment."""
    given = {}
    for name in NAMES:
        value = getattr(options, name, None)
        if value is None:
            value = os.environ.get("PYTHINGS_" + name.upper())
        if value is not None:
            given[name] = value
    return given


def modem(options: argparse.Namespace) -> Cellular | None:
    """Return the options of the modem, None without one. Raise ValueError for an unusable file."""
    given = {}
    for name in ("modem", "apn", "apn_user", "apn_password", "sim_pin"):
        value = getattr(options, name)
        if value is None and name in _FILES:
            value = secret(getattr(options, _FILES[name]))
        given[name] = os.environ.get("PYTHINGS_" + name.upper(), "") if value is None else value
    if not (given["modem"] or options.modem_only):
        return None
    return Cellular(
        given["modem"],
        given["apn"],
        given["apn_user"],
        given["apn_password"],
        given["sim_pin"],
        options.modem_only,
    )


def secret(path: str | None) -> str | None:
    """Read the first line of a file. Raise ValueError with the remedy."""
    if path is None:
        return None
    try:
        value = inputs.first_line(path, _MOST_SECRET)
    except OSError as error:
        reason = error.strerror
        raise ValueError("%s cannot be read: %s - give another file" % (path, reason)) from None
    if not value:
        raise ValueError("%s holds no secret in its first line - write it there" % path)
    return value


def seen(options: argparse.Namespace) -> list[str]:
    """Return a warning for each secret on the command line, where `ps` shows it to all users."""
    text = "%s: others see it in `ps` - give a file with %s"
    return [
        text % ("--" + name.replace("_", "-"), "--" + _FILES[name].replace("_", "-"))
        for name in _FILES
        if getattr(options, name) is not None
    ]


def modem_problem(modem: Cellular | None) -> str:
    """Return the reason why this modem can never be used, or an empty text."""
    if modem is None:
        return ""
    if not modem.port:
        return "--modem-only wants a modem - give --modem PORT"
    return way(modem, LinesConsole(sys.stderr))[0].problem()


def wrong(given: dict[str, str]) -> str:
    """Return the error in the command line or the environment, or an empty text."""
    for name, value in given.items():
        try:
            Parameters(**{name: value})
        except ValueError as error:
            return "%s %s%s" % (name, error, _REMEDIES.get(name, ""))
    for name in ("tid", "aid"):  # only where it is typed: a Thing in the field keeps what it has
        value = given.get(name, "")
        if not _ID.fullmatch(value):
            reason = "%s %r has more than letters, digits and -._:%s"
            return reason % (name, value, _REMEDIES[name])
    return ""


def elsewhere(root: Path, given: dict[str, str]) -> str:
    """Return a notice of the default cloud's address if none was given, else an empty text."""
    from app.boards.linux import DEFAULT_BACKEND  # late: it imports the whole OS

    if load(LinuxStorage(str(root)), given)[0].backend:
        return ""
    return "no --backend given: this Thing calls https://%s" % DEFAULT_BACKEND


def without_app(root: Path, given: dict[str, str]) -> str:
    """Return the error if the App id is missing, or an empty text."""
    parameters, problems = load(LinuxStorage(str(root)), given)
    if not parameters.aid:
        for problem in problems:
            if problem.startswith("parameter aid "):
                return "%s - write the App id anew into %s" % (problem, root / "aid")
        return "no App id: give --aid AID, or write it into %s" % (root / "aid")
    return ""


def ca(options: argparse.Namespace) -> str | None:
    """Return the path of the private CA, trusted beside the system's; None without one."""
    return options.ca or os.environ.get("PYTHINGS_CA") or _own_ca(options.root)


def _own_ca(root: Path) -> str | None:
    """Return the root's own CA file as PEM, converted from DER if needed; None without one."""
    path = root / "ca"
    try:
        data = inputs.data(path, inputs.MAX_PEM)
        if b"-----BEGIN" in data:
            return str(path)
        import ssl

        path = root / "ca.pem"  # our HTTP clients read PEM only
        file = private(str(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(ssl.DER_cert_to_PEM_cert(data))
    except FileNotFoundError:
        return None
    except OSError:
        return str(path)  # `ca_problem` reports the error
    return str(path)


def ca_problem(ca: str | None) -> str:
    """Return the reason why this is no file of certificates, or an empty text."""
    if ca is None:
        return ""
    import ssl

    try:
        inputs.check(ca)
        ssl.create_default_context(cafile=ca)
    except OSError as error:  # includes ssl's own errors
        reason = "the authority's certificate %s cannot be used: %s - give a PEM file with --ca"
        return reason % (ca, error.strerror or error)
    return ""


def trust(options: argparse.Namespace) -> str | None:
    """Return the path of the given key list; None to keep the list trusted so far."""
    return options.trust or os.environ.get("PYTHINGS_TRUST")


def trust_problem(trust: str | None) -> str:
    """Return the reason why this is no key list, or an empty text."""
    if not trust:
        return ""
    from domain.security.trust import first_keys

    try:
        first_keys(inputs.data(trust, MAX_TEXT), LinuxCrypto())
    except (OSError, ThingError) as error:
        reason = getattr(error, "strerror", None) or error
        return "the key list %s cannot be used: %s - give another with --trust" % (trust, reason)
    return ""


def take(root: Path, trust: str) -> None:
    """Trust this key list from now on, unless it is the one given last time.

    In that case releases may have brought later lists, which must stay.
    """
    storage, data = LinuxStorage(str(root)), inputs.data(trust, MAX_TEXT)
    if storage.read(_GIVEN) != data:
        storage.replace(TRUST, data)
        storage.replace(_GIVEN, data)


def log_level(root: Path, given: dict[str, str]) -> int:
    """Return the least level to log; `boot` reports an invalid one."""
    return LEVELS[load(LinuxStorage(str(root)), given)[0].loglevel.lower() or "info"]
