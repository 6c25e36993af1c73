"""Little programs for the slim build."""

from __future__ import annotations

import pytest

from build.slim.model import Module, Program, parse


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
    """Execute an only module's source as it came out; gives its names."""

    def execute(source):
        scope: dict[str, object] = {}
        exec(compile(source, "pt", "exec"), scope)
        return scope

    return execute
