"""`python -m build`: finds the tool that is asked for, and runs it."""

import importlib
import sys

from app import PREFIX

# Name: (module, one line of help). Only the module of the chosen tool is imported.
TOOLS: dict[str, tuple[str, str]] = {
    "diagram": ("build.diagram", "the lifecycle's diagram in README.md, from its table"),
    "slim": ("build.slim.command", "the OS for a MicroPython board, from the one source"),
    "budget": ("build.budget", "what the OS costs on a board, against its budget"),
    "words": ("build.words", "the English of docstrings and comments, against limits"),
    "bill": ("build.artifacts.bill", "the bill of materials of a release, CycloneDX"),
    "alone": ("build.artifacts.alone", "a Linux Thing as one file, from the wheel"),
    "commits": ("build.commits", "the subjects of the latest commits"),
    "bench": ("build.bench", "how long things take, against their budgets"),
}

_OK = 0
_WRONG_USAGE = 2


def usage() -> str:
    """Return the help text, with a line for each tool."""
    lines = (f"  {name:<10}  {text}" for name, (_, text) in TOOLS.items())
    return "\n".join(["usage: python -m build TOOL [ARGUMENT ...]", "", "tools:", *lines, ""])


def main(argv: "list[str] | None" = None) -> int:
    """Run the tool that ``argv`` (by default the process's) asks for; return its exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(usage())
        return _OK
    name = arguments[0]
    if name not in TOOLS:
        sys.stderr.write(f"build: there is no tool {name!r}; `python -m build` lists them.\n")
        return _WRONG_USAGE
    status: int = importlib.import_module(PREFIX + TOOLS[name][0]).main(arguments[1:])
    return status


if __name__ == "__main__":
    sys.exit(main())
