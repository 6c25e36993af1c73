"""The start of a command in the checkout's environment, which is made first if it is not ready.

If it is ready, the launcher imports next to nothing and ends in exec: `pythings` must feel like
one program, not two.
"""

from __future__ import annotations

import os
import sys

from app.launch.environment import Environment

# The group of packages in pyproject.toml that each command needs. Any other input is answered with
# a text, which needs no packages.
NEEDS = {
    "up": "console",
    "run": "thing",
    "service": "thing",
    "cloud": "host",
    "sim": "host",
    "modem": "host",
    "shell": "host",
    "doctor": "host",
    "replay": "host",
    "demo": "host",
    "app": "host",
    "command": "host",
    "keys": "host",
    "trust": "host",
    "label": "host",
    "release": "host",
    "bench": "host",
    "build": "firmware",
    "install": "firmware",
    "provision": "firmware",
    "fault": "dev",
    "fleet": "host",
    "test": "dev",
}

_INTERRUPTED = 130  # 128 + SIGINT, as shells count


def needed(arguments: list[str]) -> str:
    """Return the group of packages that a command line needs, or an empty text."""
    words = arguments[1:] if arguments[:1] == ["help"] else arguments
    # All artifacts of a version, `release v2.1.0`, are made by the tools of developers.
    if words[:1] == ["release"] and any(word[:1] == "v" and word[1:2].isdigit() for word in words):
        return "dev"
    return NEEDS.get(words[0], "") if words else ""


def start(root: str, arguments: list[str]) -> int:
    """Run a command line in place of this process; return the exit status if that fails."""
    environment = Environment(root)
    group = needed(arguments)
    if group and not environment.ready(group):
        failed = _prepare(environment, group)
        if failed:
            return failed
    if environment.whole():
        return os.execv(environment.python, [environment.python, environment.command, *arguments])
    # -I: a file in the user's folder cannot shadow a module of ours.
    script = environment.script(sys.executable)
    return os.execv(sys.executable, [sys.executable, "-I", "-c", script, *arguments])


def _prepare(environment: Environment, group: str) -> int:
    from app.launch.packages import SetupError
    from app.launch.progress import say
    from app.launch.setup import set_up

    try:
        set_up(environment, group)
    except KeyboardInterrupt:
        say("interrupted; the next start sets up again")
        return _INTERRUPTED
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say("Setting up %s failed: %s" % (environment.venv, error))
        return 1
    return 0
