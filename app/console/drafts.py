"""Unsaved edits: they survive a reload, a closed browser and a restart."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from app.cloud.folder import write_private

_LONGEST = 1 << 20  # characters of a draft, as many as one version may have


@dataclass(frozen=True)
class Draft:
    """Files by name, the version they are based on, and the newest one that their author saw."""

    base: str
    files: dict[str, str]
    newest: str


class Drafts:
    """One draft for each person and app, in a folder of the cloud's data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, person: str, aid: str) -> Draft | None:
        """Return the draft, None if there is none."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            value = json.loads(self._path(person, aid).read_text(encoding="utf-8"))
            files = {str(name): str(text) for name, text in value["files"].items()}
            base = str(value["base"])
            return Draft(base, files, str(value.get("newest", base)))
        return None

    def save(self, person: str, aid: str, draft: Draft) -> bool:
        """Save a draft; return whether that was possible."""
        text = json.dumps(asdict(draft))
        if len(text) > _LONGEST:
            return False
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._path(person, aid), text)
        except OSError:
            return False
        return True

    def drop(self, person: str, aid: str) -> None:
        """Delete a draft."""
        with contextlib.suppress(OSError):
            self._path(person, aid).unlink(missing_ok=True)

    def _path(self, person: str, aid: str) -> Path:
        # A digest, as either may hold characters that no file name can.
        name = hashlib.sha256(json.dumps([person, aid]).encode()).hexdigest()
        return self._folder / f"{name}.json"
