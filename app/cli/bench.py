"""`pythings bench`: figures of this OS beside its predecessor's, and the goals for them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_BENCH = "tests.bench.__main__"  # not in the installed package: imported only if it exists


def main(argv: list[str]) -> int:
    """Run the benchmark with the given arguments; return its exit status."""
    if not (_ROOT / "tests" / "bench").is_dir():
        sys.stderr.write(
            "pythings bench: the benchmark is part of the tests, and %s has none - run it in a "
            "checkout of the sources\n" % _ROOT
        )
        return 1
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    status: int = importlib.import_module(_BENCH).main(argv)
    return status
