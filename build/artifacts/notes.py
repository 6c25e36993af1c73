"""The notes of a release, for people: the changes, the files, and how to check them."""

from __future__ import annotations

from collections.abc import Mapping

from build.artifacts.files import SUMS
from build.artifacts.plan import ArtifactPlan

# The end of a name: its use. The first that fits counts.
_USES = (
    ("-source.zip", "the OS as source, to be copied to a board with MicroPython"),
    ("-freeze.zip", "to be frozen into a MicroPython that is built from source"),
    ("-cloud.zip", "the signed OS: unpack it in the cloud's `--dist` folder"),
    ("-littlefs.bin", "the OS in a file system"),
    ("-romfs.bin", "the OS to be executed in place"),
    (".zip", "the OS compiled, to be copied to a board with MicroPython"),
    (".bin", "MicroPython and the OS, to flash: `pythings install --image`"),
    (".cdx.json", "the bill of materials, CycloneDX"),
    (".json", "for ESP Web Tools: flashes the image from a browser"),
    (".whl", "for pip and pipx, on Linux"),
    (".pyz", "a Linux Thing in one file: `python3 FILE.pyz run`"),
)
_TEXT = """\
# PythingsOS {version}

{changes}

## Files

| | bytes | |
|---|---:|---|
{rows}

`sha256sum --check --ignore-missing {sums}` compares the files with their digests. They were made
from commit `{commit}` by `SOURCE_DATE_EPOCH={epoch} ./pythings release v{version}`.
"""


def text(plan: ArtifactPlan, changes: str, files: Mapping[str, bytes]) -> bytes:
    """Return the notes, in Markdown."""
    rows = ["| `%s` | %d | %s |" % (name, len(files[name]), _use(name)) for name in sorted(files)]
    return _TEXT.format(
        version=plan.version,
        changes=changes,
        rows="\n".join(rows),
        sums=SUMS,
        commit=plan.commit.id,
        epoch=plan.epoch,
    ).encode()


def _use(name: str) -> str:
    return next(use for end, use in _USES if name.endswith(end))
