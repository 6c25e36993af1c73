"""Little programs for the slim build, and one whole one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from build.slim import command
from build.slim.model import Module, Program, parse
from build.slim.passes import transform


@pytest.fixture(scope="session")
def esp8266(tmp_path_factory):
    """Return the OS of an ESP8266, made once by the command, as it takes seconds: `program`,
    `sources` after the passes, the record of each pass (`done`), and the file of the `names`."""
    folder = tmp_path_factory.mktemp("esp8266")
    made = SimpleNamespace(names=folder / "names.json")

    def noted(program):
        made.done, made.program = transform(program), program
        made.sources = dict(program.sources)
        return made.done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "transform", noted)
        out = ["--out", str(folder / "slim"), "--names", str(made.names)]
        assert command.main(["esp8266", *out]) == 0
    return made


@pytest.fixture
def program():
    """Make a program of sources by module name; all of it is the core, but for `lazy` bundles."""

    def make(lazy=None, entry=None, **sources):
        modules = {
            name.replace("__", "."): Module(
                name.replace("__", "."), name.replace("__", "/") + ".py", parse(name, text)
            )
            for name, text in sources.items()
        }
        return Program(modules, entry or tuple(modules), lazy or {}, "pt")

    return make


@pytest.fixture
def run():
    """Return a function that executes a single module's generated source: its names."""

    def execute(source):
        scope: dict[str, object] = {}
        exec(compile(source, "pt", "exec"), scope)
        return scope

    return execute
