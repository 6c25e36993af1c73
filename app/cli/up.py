"""`pythings up`: runs the cloud and its console, a web page, on this machine."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.parsing import command_parser, folder
from app.cloud.cli.serve import running
from app.cloud.errors import CloudFailure

if TYPE_CHECKING:
    from app.cloud.server import Ready, ServerOptions

_PORT, _PAGE_PORT = 8000, 8080
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without look-alikes such as 0 and O, 1 and I

_EPILOG = """\
At the first visit the page makes the owner's account: from this machine at once, from another one
with the code that is printed here. Ctrl-C ends the cloud, the page and all virtual Things.

exit status: 0 stopped, 1 it cannot run here, 2 wrong usage.
"""


def main(argv: list[str]) -> int:
    """Run the cloud and its console in the foreground until told to stop."""
    options = _parser().parse_args(argv)
    try:
        _run(options)
    except CloudFailure as error:
        sys.stderr.write("pythings up: %s\n" % error)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    # Imported late: --help must not wait for them.
    from app.cloud.listening import listen, url_of
    from app.cloud.server import CloudServer, ServerOptions

    cloud = ServerOptions(
        data=options.data.absolute(), host=options.host, port=options.port, dist=options.dist
    )
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
    with listen(options.console_host, options.console_port) as listener:
        page = url_of(options.console_host, listener, False)

        def ready(info: Ready) -> None:
            _say(options, {"event": "ready", "console": page, "url": info.url, "code": code})
            if options.browser and _has_display():
                webbrowser.open(page)

        with running(options.json):
            CloudServer(cloud, _beside(cloud, listener, code, options)).run(ready)


def _beside(cloud: ServerOptions, listener: Any, code: str, options: argparse.Namespace) -> Any:
    from app.console.start import console

    chosen = (listener, code, options.sim, options.demo)
    return lambda manage, url: console(manage, url, cloud.data, *chosen)


def _say(options: argparse.Namespace, ready: dict[str, str]) -> None:
    if options.json:
        print(json.dumps(ready), flush=True)
        return
    print(
        "The page to program Things from: %(console)s\n"
        "  first visit from another machine: its code is %(code)s\n"
        "  Things register with %(url)s\n"
        "Ctrl-C stops it." % ready,
        flush=True,
    )


def _has_display() -> bool:
    return sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "up",
        "The local cloud and its console, the web page from which Things are programmed.",
        _EPILOG,
    )
    data = Path(os.environ.get("PYTHINGS_CLOUD_DATA") or "~/.pythings-cloud").expanduser()
    parser.add_argument("--data", type=folder, default=data, help="the cloud's data (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="for Things (%(default)s)")
    parser.add_argument("--port", type=int, default=_PORT, help="for Things (%(default)s)")
    parser.add_argument("--console-host", default="127.0.0.1", help="for browsers (%(default)s)")
    parser.add_argument(
        "--console-port", type=int, default=_PAGE_PORT, help="for browsers (%(default)s)"
    )
    parser.add_argument(
        "--sim",
        action="append",
        default=[],
        choices=("esp32", "esp8266", "esp32_sim800", "esp8266_sim800"),
        help="start a virtual Thing, too; can be repeated",
    )
    parser.add_argument(
        "--demo", action="store_true", help="two apps on virtual Things, for a first look"
    )
    parser.add_argument("--dist", type=Path, help="OS releases to serve, as dist/releases")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="open none")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
