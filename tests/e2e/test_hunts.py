"""The hunts of docs/debugging.md, typed as they stand there, on each board."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo.processes import PROJECT
from app.simulator.boards import KINDS
from tests.e2e.conftest import World
from tests.e2e.simulated import pytestmark  # noqa: F401 - boards are simulated here
from tests.everywhere import kept
from tests.patience import PATIENCE_S

_PAGE = (PROJECT / "docs" / "debugging.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"```(sh)?\n(.*?)```", re.DOTALL)
_TYPED = re.compile(r"^\w+\(\w+\)> (.*)$", re.MULTILINE)  # at the shell's prompt


class Typist:
    """A user that types blocks of the page in a folder of its own, with `./pythings` in it."""

    def __init__(self, folder: Path, world: World, board: str) -> None:
        self.folder = folder
        self._options = board
        if board not in ("linux", "esp32", "micropython"):
            # Where no certificate is verified, it encrypts with the key that the cloud prints.
            self._options += " --cloud-key " + world.key
        if board.endswith("_sim800"):
            self._options += " --modem-speed 20"
        self.aid = ""
        self._backend = "http://127.0.0.1:%d" % world.port
        self._environment = {**os.environ, "PYTHINGS_CLOUD_DATA": str(world.folder / "cloud")}
        script = folder / "pythings"
        start = "#!/bin/sh\nPYTHONPATH=%s exec %s -m app.cli " % (PROJECT, sys.executable)
        script.write_text(start + '"$@"\n')
        script.chmod(0o755)

    def types(self, block: str, shell: str = "") -> str:
        """Type a block and return the output. `shell` is typed at the prompt of its last line, with
        -v to show the events of the Thing, as a person at a terminal sees them."""
        lines = [line for line in block.splitlines() if not line.startswith("./pythings cloud  ")]
        text = "\n".join(lines).replace("AID", self.aid or "AID")
        text = text.replace("http://127.0.0.1:8000", self._backend)
        text = text.replace("--board esp32", "--board " + self._options)
        if not self.aid:  # the first line creates the App
            create, text = text.split("\n", 1)
            self.aid = self._run(create, "").strip().rsplit(" ", 1)[-1]
            text = text.replace("AID", self.aid)
        return self._run(text.rstrip() + " -v" * bool(shell), shell)

    def _run(self, text: str, typed: str) -> str:
        done = subprocess.run(
            ["bash", "-ec", text],
            cwd=self.folder,
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S * 3,
            check=False,
        )
        assert done.returncode == 0, text + "\n" + done.stdout + done.stderr
        return done.stdout + done.stderr


def blocks(heading: str) -> list[tuple[str, str]]:
    """Return (kind, text) of the blocks below a heading of the page."""
    section = _PAGE.split("\n## %s\n" % heading, 1)[1].split("\n## ", 1)[0]
    return [(match[1] or "", match[2]) for match in _BLOCK.finditer(section)]


_BOARDS = ["linux", *sorted(KINDS)]
_TIGHT = "esp8266_sim800"  # no memory for `record` and `inject`
_INJECTS = re.compile(r' \\\n +-c "inject [^"]*"')


@pytest.mark.parametrize("board", kept(_BOARDS, "linux", _TIGHT))
def test_an_old_version_that_still_runs(world: World, tmp_path: Path, board: str):
    typist = Typist(tmp_path, world, board)
    make, got, _, deploy, session, mend, _, keep, _ = blocks("A hunt, in ten minutes")
    typist.types(make[1])
    said = typist.types(got[1])
    assert "temperature          21.5" in said
    assert (tmp_path / "board").is_dir()  # where the user is, not where the source is
    assert not (PROJECT / "board").exists()
    typed = _TYPED.findall(session[1])
    if board == _TIGHT:
        typed = [line for line in typed if not line.startswith("record ")]
        mend = (mend[0], _INJECTS.sub("", mend[1]))
    said = typist.types(deploy[1], "\n".join(typed))
    assert re.search(r"rejected\W+\d+", said), said
    assert re.search(
        r"worker_task.py\W+line 1\b.* No module named .datetme|"
        r"worker_task.py\W+line 1\b.* no module named 'datetme'",
        said,
    ), said
    said = typist.types(mend[1])
    assert "temperature          21.5" in said
    if board != _TIGHT:
        assert "recover --resume--> run" in said
        assert "update_wanted" in typist.types(keep[1])
