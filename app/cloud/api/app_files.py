"""Call `apps/get`: the files of an app version, with the lines that the cloud adds to them."""

from __future__ import annotations

from app.cloud.api.call import Call, Text, session_of, thing_of, token_of
from app.cloud.api.errors import ApiError, Trouble
from app.cloud.cloud import Cloud
from domain.plain import plain

_LOGGER = "import logger\n"
_SENSORS = "try:\n    import sensors\nexcept ImportError:\n    pass\n\n"


def app_files(cloud: Cloud, call: Call) -> list[str] | Text:
    """Return the names of a version's files, the text of one, or of all pasted together."""
    version, files = _version(cloud, call)
    if call.fields.get("list"):
        call.note = f"list of {version}"
        return list(files)
    name = call.fields.get("file_name")
    call.note = f"{name or 'all'} of {version}"
    if not name:
        return _pasted(files, version)
    head = _LOGGER + (_SENSORS if "worker" in str(name) else "")
    return Text(head + _ended(files.get(str(name)), version))


def app_files_by_get(cloud: Cloud, call: Call) -> Text:
    """Answer the legacy GET: no header for a single file, and no error but 500."""
    try:
        version, files = _version(cloud, call)
    except ApiError as error:
        # The recorded server stumbles over its own error answers here.
        raise Trouble(error.text) from error
    name = call.text("file")
    call.note = f"{name or 'all'} of {version}, by GET"
    return Text(_ended(files.get(name), version)) if name else _pasted(files, version)


def _version(cloud: Cloud, call: Call) -> tuple[str, dict[str, str]]:
    session_of(cloud, call)
    cloud.store.sessions.touch(token_of(call), cloud.clock())
    thing = thing_of(call)
    version = str(call.text("version"))
    files = cloud.store.versions.files(thing.app_id, version)
    if files is None or not _harmless(version):
        raise Trouble(f"there is no version {version}")
    return version, files


def _harmless(version: str) -> bool:
    """Tell whether a version may stand between quotes: early versions have unchecked names."""
    return plain(version) or (version.isprintable() and not set(version) & set("'\"\\"))


def _ended(text: str | None, version: str) -> str:
    return "" if text is None else f"{text}\nversion='{version}'"


def _pasted(files: dict[str, str], version: str) -> Text:
    return Text(_LOGGER + _ended("".join(files.values()), version))
