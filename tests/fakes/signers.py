"""Keys to sign releases with in tests: each made once, when it is first needed."""

from __future__ import annotations

from functools import cache

from build.release.signing import Signer, make
from build.release.texts import File, KeyList, Manifest, signed

FILES = (
    File("start.py", b"import pt\n"),
    File("pt.mpy", bytes(range(256)) * 8, "base64"),
    File("lib/deep.py", b""),
)
EXPIRES = 2_000_000_000


@cache
def signer(name: str) -> Signer:
    """The key of that name, the same one for the whole run."""
    assert name
    return make()


def key_list(
    number: int = 1,
    root: tuple[str, ...] = ("root",),
    release: tuple[str, ...] = ("release",),
    by: tuple[str, ...] = ("root",),
    revoked: tuple[str, ...] = (),
    needs: int = 1,
    root_needs: int = 1,
    app: tuple[str, ...] = (),
    expires: int = 0,
) -> bytes:
    """A signed key list; keys by name."""
    roles = {"root": root, "release": release, "app": app}
    made = KeyList(
        number,
        {"root": root_needs, "release": needs, "app": 1},
        {role: [signer(name).public for name in names] for role, names in roles.items()},
        [signer(name).id for name in revoked],
        expires,
    )
    return signed(made.text(), [signer(name) for name in by])


def manifest(
    version: str = "2.1.0", by: tuple[str, ...] = ("release",), **overrides: object
) -> bytes:
    """A signed manifest."""
    fields: dict[str, object] = {
        "platforms": ("Fake", "esp32"),
        "abi": "mpy6",
        "files": FILES,
        "expires": EXPIRES,
        "keys": 1,
        **overrides,
    }
    made = Manifest(version, **fields)  # type: ignore[arg-type]
    return signed(made.text(), [signer(name) for name in by])
