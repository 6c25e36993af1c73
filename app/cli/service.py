"""`pythings service`: this machine as a Thing that systemd starts, watches and restarts."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from app import PREFIX
from app.cli import runoptions
from app.cli.parsing import command_parser
from app.place import SOURCE
from app.runtime import linux_main
from app.service.host import ServiceError, ServiceHost
from app.service.unit import DATA, NAME, Service, environment, has

HOST = ServiceHost()

_FAILED = 1
_PARAMETERS = ("aid", "tid", "backend", "pool", "cloud_key", "apn", "loglevel", "ca", "trust")

_EPILOG = """\
install writes /etc/systemd/system/pythings.service and /etc/pythings.env (mode 0600), and starts
the service, now and at each start of the machine; called again, it changes the given options, and
restarts the service only if one has changed. The Thing has a user of its own, may write to
/var/lib/pythings alone, and is restarted when it ends or hangs. Secrets, such as PYTHINGS_SIM_PIN,
are written into /etc/pythings.env by hand.

exit status: 0 done, 1 it cannot be done (the text says why, and the next step), 2 wrong usage;
of status: systemctl's own.
"""


def main(argv: list[str]) -> int:
    """Run the subcommand; return the exit status."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.do(options)
    except ServiceError as error:
        sys.stderr.write("pythings service: %s\n" % error)
        return _FAILED
    return status


def _install(options: argparse.Namespace) -> int:
    given = {name: getattr(options, name) for name in _PARAMETERS if getattr(options, name)}
    before = HOST.text(HOST.environment)
    service = _service(options)
    _check(given, before, service)
    files = (
        (HOST.unit, service.unit(), 0o644),
        (HOST.environment, environment(before, given), 0o600),
    )
    changed = [file for file in files if HOST.text(file[0]) != file[1]]
    commands = [("daemon-reload",), ("enable", NAME), ("restart" if changed else "start", NAME)]
    if options.dry_run:
        for path, text, mode in changed:
            _say("would write %s, mode %04o:\n%s" % (path, mode, _indented(text)))
        for command in commands:
            _say("would run: systemctl " + " ".join(command))
        return 0
    HOST.check()
    for path, text, mode in changed:
        HOST.write(path, text, mode)
        _say("wrote %s" % path)
    for command in commands:
        if HOST.run("systemctl", *command):
            raise ServiceError(
                "systemctl %s failed - pythings service logs says why" % " ".join(command)
            )
    _say("The Thing runs as a service. Its state: pythings service status")
    return 0


def _service(options: argparse.Namespace) -> Service:
    run = [sys.executable, "-I", "-m", PREFIX + "app.cli", "run", "--root", DATA, "--supervised"]
    if options.board != "linux":
        run += ["--board", options.board]
    if options.modem:
        run += ["--modem", options.modem]
    return Service(tuple(run), (sys.executable, str(SOURCE)), options.modem or "")


def _check(given: dict[str, str], before: str, service: Service) -> None:
    """Raise `ServiceError` for a Thing that would not start."""
    wrong = runoptions.wrong(
        {name: given[name] for name in given if name not in ("ca", "trust")}
    ) or runoptions.trust_problem(given.get("trust"))
    wrong = wrong or runoptions.ca_problem(given.get("ca"))
    if wrong:
        raise ServiceError(wrong)
    if not all(value.isprintable() for value in (*given.values(), service.modem)):
        raise ServiceError("a value has characters that cannot be printed - leave them out")
    if "aid" not in given and not has(before, "aid") and not (HOST.data / "aid").exists():
        raise ServiceError("no App id: give --aid AID, from your cloud's dashboard")
    hidden = service.hidden()
    if hidden:
        raise ServiceError(
            "the service's own user cannot read %s - put PythingsOS where all users can read it, "
            "such as /opt/pythings" % hidden
        )


def _status(_options: argparse.Namespace) -> int:
    HOST.check(superuser=False)
    return HOST.run("systemctl", "status", "--no-pager", NAME)


def _logs(options: argparse.Namespace) -> int:
    HOST.check(superuser=False)
    follow = ["--follow"] if options.follow else ["--no-pager"]
    return HOST.run("journalctl", "--unit", NAME, "--lines", str(options.lines), *follow)


def _uninstall(options: argparse.Namespace) -> int:
    gone = [HOST.unit]
    if options.purge:
        private = HOST.data.parent / "private" / HOST.data.name  # of a service with `DynamicUser`
        gone += [HOST.environment, HOST.data, private]
    gone = [path for path in gone if os.path.lexists(path)]
    if options.dry_run:
        _say("would run: systemctl disable --now " + NAME)
        for path in gone:
            _say("would remove %s" % path)
        return 0
    HOST.check()
    if HOST.unit in gone and HOST.run("systemctl", "disable", "--now", NAME):
        raise ServiceError("the service was not stopped - systemctl's own words are above")
    for path in gone:
        HOST.remove(path)
        _say("removed %s" % path)
    HOST.run("systemctl", "daemon-reload")
    if not options.purge:
        _say("The Thing's data stays in %s; with --purge it goes too." % HOST.data)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _indented(text: str) -> str:
    """Return the text for a person's eyes: the values of secrets are masked."""
    lines = []
    for line in text.splitlines():
        name, sign, _ = line.partition("=")
        secret = name.endswith(("_PASSWORD", "_PIN"))
        lines.append("    " + (name + sign + "***" if secret else line))
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("service", "Make this machine a Thing for good, by systemd.", _EPILOG)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    install = commands.add_parser("install", help="start it now, and with the machine")
    install.add_argument("--aid", help="the App that it belongs to (from your cloud's dashboard)")
    install.add_argument("--tid", help="the Thing's id (default: made from this machine's id)")
    install.add_argument("--backend", help="the cloud: [http[s]://]host[:port]")
    install.add_argument("--pool", help="the pool that it joins when first seen")
    install.add_argument("--cloud-key", help="the cloud's public key, for payload encryption")
    install.add_argument("--loglevel", choices=sorted(runoptions.LEVELS), help="of its log")
    install.add_argument("--ca", type=_path, metavar="FILE", help="certificate of a private CA")
    install.add_argument(
        "--trust", type=_path, metavar="FILE", help="key list: whose OS releases it takes"
    )
    install.add_argument("--board", choices=sorted(linux_main.BOARDS), default="linux")
    install.add_argument("--modem", metavar="PORT", help="a SIM800, such as /dev/ttyUSB0")
    install.add_argument("--apn", help="what the SIM's operator calls its access to the Internet")
    install.set_defaults(do=_install)
    status = commands.add_parser("status", help="whether it runs, and its last lines")
    status.set_defaults(do=_status)
    logs = commands.add_parser("logs", help="its lines")
    logs.add_argument("--follow", "-f", action="store_true", help="go on with those to come")
    logs.add_argument("--lines", "-n", type=int, default=100, help="the last so many (%(default)s)")
    logs.set_defaults(do=_logs)
    uninstall = commands.add_parser("uninstall", help="stop and remove it; its data stays")
    uninstall.add_argument("--purge", action="store_true", help="its data and parameters too")
    uninstall.set_defaults(do=_uninstall)
    for changes in (install, uninstall):
        changes.add_argument("--dry-run", action="store_true", help="print what it would do")
    return parser


def _path(text: str) -> str:
    return str(Path(text).expanduser().resolve())
