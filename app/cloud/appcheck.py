"""Checks of an app's files before a commit, which find files that no Thing can run."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

from adapters.linux import inputs
from app.cloud.errors import CloudFailure
from domain.app.signed_app import MAX_SIZE
from domain.states.update import MAX_FILES

TASKS = {"worker_task.py": "WorkerTask", "management_task.py": "ManagementTask"}
LONGEST_NAME = 36  # characters, as the existing cloud stores

# Modules that the OS itself imports, on boards and on Linux: no file of an app may hide them.
_BOARD_MODULES = (
    "machine",
    "network",
    "micropython",
    "esp",
    "esp32",
    "cryptolib",
    "deflate",
    "vfs",
)
_OS_MODULES = ("boot", "main", "start", "loader", "late", "logger", "version", "pt")
_RESERVED = {*sys.stdlib_module_names, *_BOARD_MODULES, *_OS_MODULES}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py", re.ASCII)

_MOST = 1 << 20  # bytes of a file; how many a Thing takes is told later, of all at once
_SHOWN = 5  # names in a remark
# For Python this is no indentation, for MicroPython one of a column.
_FORM_FEED = re.compile(r"^[ \t]*\f[ \t\f]*[^\s#]", re.MULTILINE)

# The cloud puts this line before each file, so no import from __future__ can come first.
_HEAD = "import logger\n"


def read(paths: Iterable[Path]) -> tuple[dict[str, str], list[str]]:
    """Return the files by name, and remarks on changed texts and on what is left out.

    `paths`: files, or folders, of which the .py files are read. Raises CloudFailure for a file that
    cannot be read as UTF-8 text, and for two of one name.
    """
    files: dict[str, str] = {}
    remarks = []
    for path in paths:
        if path.is_dir():
            remarks += _left_out(path)
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            if file.name in files:
                raise CloudFailure(f"{file.name} is there twice, also as {file}. Give one of them.")
            text = _text(file)
            files[file.name] = text.removeprefix("\ufeff")
            if text != files[file.name]:
                remarks.append(f"{file.name}: without its byte order mark")
    return files, remarks


def _left_out(folder: Path) -> list[str]:
    """Return remarks on folders and files that no Thing gets, but for hidden ones."""
    seen = [path for path in sorted(folder.glob("*")) if path.name[0] not in "._"]
    inner = [path.name for path in seen if path.is_dir() and any(path.rglob("*.py"))]
    others = [path.name for path in seen if path.is_file() and path.suffix != ".py"]
    remarks = [f"left out: the folder {name}/, as an app has none" for name in inner]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        remarks.append(
            f"left out: {', '.join(others[:_SHOWN])}{more}, as an app has .py files only"
        )
    return remarks


def _text(file: Path) -> str:
    try:
        return inputs.text(file, _MOST)
    except OSError as error:
        raise CloudFailure(f"Cannot read {file} as text: {error.strerror}.") from error


def problems(files: Mapping[str, str]) -> list[str]:
    """Return a sentence for each reason why no Thing could run these files."""
    found = [f"{name} is missing" for name in TASKS if name not in files]
    if len(files) > MAX_FILES:
        found.append(f"{len(files)} files, and a Thing takes {MAX_FILES}")
    for name, text in files.items():
        found += [f"{name}: {problem}" for problem in _name_problems(name)]
        if name.endswith(".py"):
            found += [f"{name}: {problem}" for problem in _text_problems(name, text)]
    return found


def _name_problems(name: str) -> list[str]:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        return [f"its name has to be letters, digits and _, then .py; {LONGEST_NAME} at most"]
    module = name[:-3]
    if module in _RESERVED or module.startswith("pt_"):
        return [f"rename it: the OS or Python has a module {module}, which it would hide"]
    return []


def _text_problems(name: str, text: str) -> list[str]:
    lines = _HEAD.count("\n")
    if "\0" in text:
        return ["it has NUL characters - save it as UTF-8"]
    size = len((_HEAD + text).encode("utf-8", "surrogatepass"))
    if size > MAX_SIZE:
        return [f"it has {size} bytes, and a Thing takes {MAX_SIZE}"]
    feed = _FORM_FEED.search(text)
    if feed:
        line = text.count("\n", 0, feed.start()) + 1
        return [f"line {line}: a form feed at its start, which boards take for a space"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(_HEAD + text, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        if "__future__" in str(error.msg):
            return [f"line {(error.lineno or 0) - lines}: nothing can be imported from __future__"]
        return [f"line {(error.lineno or 0) - lines}: {error.msg}"]
    except (ValueError, RecursionError, MemoryError) as error:
        return [f"Python cannot read it: {error}"]
    task = TASKS.get(name)
    return [f"it has no class {task}"] if task and task not in code.co_names else []
