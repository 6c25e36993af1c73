"""The records of the existing cloud's models, and what of them this cloud has a place for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.cloud.values import Unshowable, check
from app.cloud.web import moments

# By model: the fields that are imported; all others are left out, and counted.
FIELDS = {
    "user": {"username"},
    "app": {"aid", "name", "user", "default_pool"},
    "settings": {
        *("pythings_version", "app_version", "management_interval", "worker_interval"),
        *("battery_operated", "setup_timeout", "ssl", "payload_encryption", "backend"),
    },
    "pool": {
        *("app", "name", "settings", "use_latest_app_version"),
        *("development", "staging", "production"),
    },
    "file": {"name", "path", "content", "app"},
    "commit": {"app", "cid", "ts", "files"},
    "thing": {
        *("tid", "app", "pool", "settings", "use_custom_settings"),
        *("frozen_os", "platform", "capabilities"),
    },
    "workermessage": {"aid", "tid", "ts", "data"},
}
READING = "workermessage"
LONGEST = 36  # characters of ids, names, versions
_MOST_NAMES = 200  # of models and fields that are told each by itself
_MORE = "others"
_MOST_KEPT = 256 * 1024 * 1024  # characters of names and texts that are in memory together


class Skipped(Exception):
    """A record that is not imported; the text is the reason."""


@dataclass(frozen=True)
class Record:
    """One record of a known model: its key in the dump, and its fields."""

    model: str
    key: str
    fields: dict[str, Any]

    def text(self, name: str, longest: int = LONGEST) -> str:
        """Return a field that has to be a text, and not empty; raises Skipped."""
        value = self.optional(name, longest)
        if not value:
            raise Skipped(f"{name} is empty")
        return value

    def optional(self, name: str, longest: int = LONGEST) -> str | None:
        """Return a text, None where there is none; raises Skipped."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > longest:
            raise Skipped(f"{name} is no text of at most {longest} characters")
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean, False where there is none; raises Skipped."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise Skipped(f"{name} is neither true nor false")
        return value

    def moment(self, name: str) -> int:
        """Return a time in microseconds since 1970 UTC; raises Skipped."""
        value = self.fields.get(name)
        found = moments.read(value) if isinstance(value, str) else None
        if found is None:
            raise Skipped(f"{name} is no time")
        return found

    def reference(self, name: str) -> str:
        """Return the key of the record that a field refers to, empty for none."""
        return key_of(self.fields.get(name))


@dataclass
class Told:
    """What became of the records, by model, and why some were left out."""

    new: Counter[str] = field(default_factory=Counter)
    there: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)  # by `model: reason`
    models: Counter[str] = field(default_factory=Counter)  # left out as a whole
    fields: Counter[str] = field(default_factory=Counter)  # by `model.field`

    def record(self, row: dict[str, Any]) -> Record | None:
        """Return the record in a row of the dump, None for one that is not imported."""
        label, fields = row.get("model"), row.get("fields")
        if not isinstance(label, str) or not isinstance(fields, dict):
            self.skipped["record: it has no model, or no fields"] += 1
            return None
        model = label.rpartition(".")[2].lower().replace("_", "")
        if model not in FIELDS:
            told = label[:100]
            self.models[
                told if told in self.models or len(self.models) < _MOST_NAMES else _MORE
            ] += 1
            return None
        try:
            check(fields)
        except Unshowable as error:
            self.skipped[f"{model}: it {error}"] += 1
            return None
        taken = FIELDS[model]
        for name in fields.keys() - taken:
            told = f"{model}.{name[:100]}"
            self.fields[
                told if told in self.fields or len(self.fields) < _MOST_NAMES else _MORE
            ] += 1
        return Record(model, key_of(row.get("pk")), {k: fields[k] for k in taken if k in fields})


def key_of(value: object) -> str:
    """Return a primary or natural key as a text, empty for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, str, list)):
        return ""
    return str(value)[:200]


class Kept:
    """The records of all models but readings, by model and key."""

    def __init__(self) -> None:
        self._size = 0
        self.by_model: dict[str, dict[str, Record]] = {name: {} for name in FIELDS}

    def add(self, record: Record, told: Told) -> bool:
        """Keep a record; return False if there are too many in the dump."""
        rows = self.by_model[record.model]
        if not record.key or record.key in rows:
            told.skipped[f"{record.model}: its key is missing, or twice in the dump"] += 1
            return True
        rows[record.key] = record
        self._size += 200 + len(str(record.fields.get("content", "")))
        return self._size <= _MOST_KEPT

    def of(self, model: str) -> list[Record]:
        """Return the records of a model, in their order in the dump."""
        return list(self.by_model[model].values())

    def get(self, model: str, key: str) -> Record:
        """Return the record that another refers to; raises Skipped."""
        found = self.by_model[model].get(key)
        if found is None:
            raise Skipped(f"its {model} is not in the dump")
        return found
