"""Call `pythings/get`: the files of an OS release, from <dist>/PythingsOS/V/P."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from app.cloud.api.call import Call, Text, session_of, thing_of, token_of
from app.cloud.api.errors import HERE, ApiError
from app.cloud.cloud import Cloud
from domain.plain import plain


def os_files(cloud: Cloud, call: Call) -> dict[str, str] | Text:
    """Return the sizes (as text) of a release's files by name, or the text of one file."""
    token_of(call)
    version, platform = call.text("version"), call.text("platform")
    if not version or not platform:
        raise ApiError(400, HERE + "Please tell me which platform and version.")
    session_of(cloud, call)
    cloud.store.sessions.touch(token_of(call), cloud.clock())
    release = f"{version} for {platform}"
    if call.fields.get("list"):
        call.note = f"list of {release}"
        listed = _listed(_read(cloud, version, platform, "files.txt") or "")
        if "version.py" in listed:
            return listed
    else:
        thing_of(call)
        name = call.fields.get("file_name")
        call.note = f"{name} of {release}"
        text = _read(cloud, version, platform, name)
        if text is not None:
            return Text(text)
    text = f"Could not find platform '{platform}' or version '{version}'."
    raise ApiError(404, HERE + text)


def _listed(text: str) -> dict[str, str]:
    """Return the lines `file:SIZE:NAME` as name to size; others are comments."""
    parts = (line.split(":") for line in text.split("\n"))
    return {part[2]: part[1] for part in parts if len(part) == 3 and part[0] == "file"}


def _read(cloud: Cloud, version: object, platform: object, name: object) -> str | None:
    """Return a file's text, None unless it is a text file inside the release's folder."""
    if cloud.dist is None or not (_is_name(str(version)) and _is_name(str(platform))):
        return None
    # A path from the wire: neither `..` nor a link may lead it out of its folder.
    path = PurePosixPath(str(name))
    if path.is_absolute() or ".." in path.parts:
        return None
    root = cloud.dist / "PythingsOS"
    try:
        file = (root / str(version) / str(platform) / path).resolve()
        if root.resolve() not in file.parents:
            return None
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError, RuntimeError):
        return None


def _is_name(text: str) -> bool:
    return plain(text) and text not in (".", "..")
