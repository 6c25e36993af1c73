"""Set-up from an index that has moved on: the locked versions are installed, even if newer ones
were published, by the oldest pip that the launcher can meet and by the newest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from tests.e2e.index import Index, Package, normalized

pytestmark = pytest.mark.timeout(600)  # the old pip takes a minute on a busy machine

ROOT = Path(__file__).resolve().parents[2]
GROUPS = ("thing", "host", "firmware", "dev")
GONE = "cryptography"  # in the narrowest group
OLDEST_PYTHON = "3.10"
OLDEST_PIP = "21.2.3"  # of Python 3.10.0
_TOO_NEW = "import sys; sys.exit(sys.version_info >= (3, 12))"
_ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<marker>[^\\\n]*)", re.MULTILINE)


def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
    text = {"capture_output": True, "text": True, "check": False}
    return subprocess.run(command, **{**text, **options})  # type: ignore[call-overload,no-any-return]


# The pips.


def newest_pip(folder: Path) -> str:
    """Make a wheel of the pip that is locked for this project; return a Python that runs it."""
    files = [file for file in metadata.files("pip") or () if file.parts[0] == "pip"]
    assert files
    version = metadata.version("pip")
    with zipfile.ZipFile(folder / f"pip-{version}-py3-none-any.whl", "w") as wheel:
        for file in files:
            if file.suffix != ".pyc":
                wheel.write(file.locate(), str(file))
    return sys.executable


def oldest_pip(folder: Path) -> str:
    """Download the pip of Python 3.10.0; return a Python that runs it."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = run(*pip, f"pip=={OLDEST_PIP}")
    if done.returncode:
        pytest.skip(f"the package index has no pip {OLDEST_PIP}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    pythons = [str(path) for path in pyenv.glob(f"{OLDEST_PYTHON}.*/bin/python{OLDEST_PYTHON}")]
    for python in [*pythons, f"python{OLDEST_PYTHON}", "python3.11", sys.executable]:
        found = shutil.which(python)
        if found and not run(found, "-c", _TOO_NEW).returncode:
            return found
    pytest.skip("there is no Python here that runs it")


PIPS = {"oldest": oldest_pip, "newest": newest_pip}


@pytest.fixture(scope="module", params=list(PIPS))
def pip(request, tmp_path_factory):
    """Return a Python, and a folder for PYTHONPATH from which it takes this pip for its own."""
    folder = tmp_path_factory.mktemp("pip")
    bundled = folder / "ensurepip" / "_bundled"
    bundled.mkdir(parents=True)
    (bundled.parent / "__init__.py").touch()
    return PIPS[request.param](bundled), str(folder)


# The index.


def requirements(name: str, version: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the requirements and extras of that version; empty if it is not installed here."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return (), ()
    if found.version != version:
        return (), ()
    return tuple(found.requires or ()), tuple(found.metadata.get_all("Provides-Extra") or ())


def newer(name: str, version: str) -> Package:
    """Return a later release, which requires packages that do not exist."""
    later = "%d.0" % (int(re.match(r"\d+", version)[0]) + 1)  # type: ignore[index]
    wants = ("newcomer>=1", "newcomer[all]>=2; extra == 'fresh'")
    extras = requirements(name, version)[1]
    return Package(name, later, wants, (*extras, "fresh"))


@pytest.fixture
def index() -> Iterator[Index]:
    """Yield an index of all locked packages, and a newer release of each."""
    text = (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")
    entries = [(one["name"], one["version"]) for one in _ENTRY.finditer(text)]
    packages = [Package(name, version, *requirements(name, version)) for name, version in entries]
    packages += [newer(name, version) for name, version in dict(entries).items()]
    with Index(packages) as index:
        yield index


@pytest.fixture
def tree(tmp_path, index):
    """Return a folder with the launcher, and its locks with the hashes of the index's files."""
    shutil.copy(ROOT / "pythings", tmp_path)
    shutil.copytree(ROOT / "app" / "launch", tmp_path / "app" / "launch")
    (tmp_path / "app" / "cli.py").write_text("def main():\n    return 7\n")
    digests = {(one.name, one.version): one.digest for one in index.packages}
    (tmp_path / "requirements").mkdir()
    for group in GROUPS:
        text = (ROOT / "requirements" / f"{group}.lock").read_text(encoding="utf-8")
        lines = []
        for one in _ENTRY.finditer(text):
            digest = digests[one["name"], one["version"]]
            lines.append(f"{one[0].strip()} --hash=sha256:{digest}\n")
        (tmp_path / "requirements" / f"{group}.lock").write_text("".join(lines))
    return tmp_path


def launch(tree: Path, index: Index, pip: tuple[str, str], command: str) -> tuple[int, str]:
    """Run a command; return its status and its standard error."""
    python, folder = pip
    environment = {key: value for key, value in os.environ.items() if key[:4] != "PIP_"}
    environment |= {
        "PATH": "",  # no uv
        "PYTHONPATH": folder,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index.url,
        "PIP_NO_CACHE_DIR": "1",
        "NO_PROXY": "127.0.0.1",
    }
    done = run(python, str(tree / "pythings"), command, env=environment, timeout=500)
    return done.returncode, done.stderr


def installed(tree: Path) -> dict[str, str]:
    folders = (tree / ".venv").glob("lib/python*/site-packages/*.dist-info")
    pairs = (folder.name[: -len(".dist-info")].split("-") for folder in folders)
    return {normalized(name): version for name, version in pairs}


def test_what_is_locked_is_installed_whatever_is_published(tree, index, pip):
    status, said = launch(tree, index, pip, "test")
    assert status == 7, said
    assert "Checking the packages" in said
    text = (tree / "requirements" / "dev.lock").read_text()
    locked: dict[str, set[str]] = {}
    for one in _ENTRY.finditer(text):
        locked.setdefault(normalized(one["name"]), set()).add(one["version"])
    found = installed(tree)
    assert {GONE, "uvicorn", "esptool", "pytest"} <= found.keys()
    assert {name: found[name] for name in found if found[name] not in locked[name]} == {}
    assert not [path for path in index.asked if "newcomer" in path]
    # No file is left of the pip that did it.
    assert not (tree / ".venv" / "unpacked").exists()


@pytest.mark.parametrize("gone", ["from the index", "the file"])
def test_what_has_gone_is_named(tree, index, pip, gone):
    locked = next(one for one in index.packages if one.name == GONE)
    if gone == "the file":
        index.lost.add(GONE)
    else:
        index.packages.remove(locked)
    status, said = launch(tree, index, pip, "run")
    assert status == 1
    assert f"does not have {GONE}=={locked.version} for this Python" in said
    assert "Take a newer release of PythingsOS" in said
    assert "PIP_FIND_LINKS" in said
    assert "Traceback" not in said
    assert not (tree / ".venv" / "made-from").exists()


def test_a_file_that_is_not_the_locked_one_is_refused(tree, index, pip):
    place = next(i for i, one in enumerate(index.packages) if one.name == GONE)
    locked = index.packages[place]
    index.packages[place] = Package(locked.name, locked.version, ("newcomer",))
    status, said = launch(tree, index, pip, "run")
    assert status == 1
    assert "DO NOT MATCH THE HASHES" in said
    assert not (tree / ".venv" / "made-from").exists()
