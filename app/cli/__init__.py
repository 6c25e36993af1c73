"""The `pythings` command: imports and runs the chosen command."""

import importlib
import sys

from app import PREFIX, __version__

# Name: (module, one line of help). Only the module of the chosen command is imported, and this one
# imports nothing else: `pythings --help` must answer at once, on a Raspberry Pi too.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("app.cli.up", "the cloud and its web page: program Things there"),
    "run": ("app.cli.run", "this machine as a Thing"),
    "service": ("app.cli.service", "this machine as a Thing that systemd starts"),
    "cloud": ("app.cli.cloud", "a local Pythings Cloud"),
    "sim": ("app.cli.sim", "a simulated ESP32, ESP8266 or MicroPython board"),
    "modem": ("app.cli.modem", "a simulated SIM800 cellular modem"),
    "shell": ("app.cli.shell", "look into a Thing, drive its states by hand"),
    "install": ("app.cli.install", "a board at a serial port becomes a Thing"),
    "provision": ("app.cli.provision", "many boards become Things, from one file"),
    "label": ("app.cli.label", "a sheet of QR codes, by which phones set boards up"),
    "doctor": ("app.cli.doctor", "whether the OS runs on a board at a serial port"),
    "replay": ("app.cli.replay", "a recording of the shell, once more"),
    "fault": ("app.cli.fault", "one case of the fault lab, line by line"),
    "fleet": ("app.cli.fleet", "many simulated Things through an outage: the load on the cloud"),
    "demo": ("app.cli.demo", "the whole life of a device, live"),
    "build": ("app.cli.build", "firmware images for boards"),
    "app": ("app.cli.app", "sign the files of an app"),
    "command": ("app.cli.command", "sign a command for a Thing"),
    "keys": ("app.cli.keys", "whose OS releases a Thing takes"),
    "trust": ("app.cli.trust", "whether a Thing would take a release or an app"),
    "release": ("app.cli.release", "a signed OS release, for a cloud to serve"),
    "bench": ("app.cli.bench", "figures beside the predecessor's, and their goals"),
    "test": ("app.cli.test", "the whole test suite (tox)"),
}

_USAGE = """\
usage: pythings COMMAND [ARGUMENT ...]

PythingsOS makes a small computer a Thing: your Python app on it, looked after from afar.

commands:
{commands}

options:
  -h, --help  show this, or with a COMMAND its own help
  --version   show the version
"""

# Exit statuses, as shells count them.
_OK = 0
_FAILED = 1
_WRONG_USAGE = 2
_INTERRUPTED = 130  # 128 + SIGINT


def usage() -> str:
    """Return the help text, with a line for each command."""
    lines = (f"  {name:<10}  {text}" for name, (_, text) in COMMANDS.items())
    return _USAGE.format(commands="\n".join(lines))


def main(argv: "list[str] | None" = None) -> int:
    """Run the command in ``argv`` (by default the process's); return its exit status."""
    _heed_parent()
    try:
        status = _dispatch(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
        return _FAILED
    finally:
        if argv is None:
            _leave_garbage()
    return status


def _leave_garbage() -> None:
    """Spare the interpreter a last look at all objects: a fifth of the time of a short cloud."""
    gc = importlib.import_module("gc")
    if hasattr(gc, "freeze"):  # not on PyPy
        gc.freeze()


def _heed_parent() -> None:
    """End with the process that started us, if it requests that: see `app.process_lifetime`."""
    os = importlib.import_module("os")
    parent = os.environ.pop("PYTHINGS_PARENT", "")
    if parent:
        importlib.import_module(PREFIX + "app.process_lifetime").end_with(int(parent))


def _dispatch(argv: "list[str]") -> int:
    if not argv:
        sys.stderr.write(usage())
        return _WRONG_USAGE
    name, arguments = argv[0], argv[1:]
    if name == "help" and arguments:  # `pythings help run` is `pythings run --help`
        name, arguments = arguments[0], ["--help"]
    if name in ("-h", "--help", "help"):
        sys.stdout.write(usage())
        return _OK
    if name == "--version":
        sys.stdout.write(f"pythings {__version__}\n")
        return _OK
    if name not in COMMANDS:
        return _unknown(name)
    status: int = importlib.import_module(PREFIX + COMMANDS[name][0]).main(arguments)
    return status


def _unknown(name: str) -> int:
    """Report an unknown command, with a similar one if there is one; return the exit status."""
    difflib = importlib.import_module("difflib")
    similar = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean `pythings {similar[0]}`?" if similar else "`pythings --help` lists them."
    sys.stderr.write(f"pythings: there is no command {name!r}; {hint}\n")
    return _WRONG_USAGE


def _discard_stdout() -> None:
    """Discard the interpreter's last flush, as the reader of our stdout has closed it."""
    os = importlib.import_module("os")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
