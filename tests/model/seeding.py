"""A seeded bug in the modules that are imported from here on."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import CodeType
from typing import Any

from tests.model.bugs import BUGS, Bug


class _Loader(importlib.machinery.SourceFileLoader):
    """A loader that replaces the correct text by the bug's."""

    bug: Bug

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed text; the file stays as it is."""
        path = self.get_filename(fullname)
        text = self.get_data(path).decode()
        if text.count(self.bug.old) != 1:
            raise SystemExit("the line of the bug %s is not in %s once" % (self.bug.name, path))
        code: CodeType = compile(text.replace(self.bug.old, self.bug.new), path, "exec")
        return code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, bug: Bug) -> None:
        self.bug = bug

    def find_spec(self, name: str, path: Any, _target: Any = None) -> Any:
        """Find the bug's module, and no other."""
        if name != self.bug.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec and spec.origin:
            spec.loader = loader = _Loader(name, spec.origin)
            loader.bug = self.bug
        return spec


def seed(name: str) -> Bug:
    """Seed a bug in this process, which must not have imported the domain yet."""
    bug = next(bug for bug in BUGS if bug.name == name)
    if any(module.split(".")[0] == "domain" for module in sys.modules):
        raise RuntimeError("the domain is imported already: the bug would not be in it")
    sys.meta_path.insert(0, _Finder(bug))
    return bug
