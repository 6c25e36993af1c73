"""Keys that sign releases in tests, each generated once, when it is first needed."""

from __future__ import annotations

import fcntl
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app import place
from build.release.signing import BITS, Signer, make
from build.release.texts import KeyList, Manifest, ReleaseFile, signed

# Cached between runs: tests sign with a dozen keys, in each worker and on each Python, and
# generating one takes 0.1 to 0.4 s. Only tests trust them.
_KEPT = place.cache() / "test-keys"

FILES = (
    ReleaseFile("start.py", b"import pt\n"),
    ReleaseFile("pt.mpy", bytes(range(256)) * 8, "base64"),
    ReleaseFile("lib/deep.py", b""),
)
EXPIRES = 2_000_000_000


@cache
def signer(name: str) -> Signer:
    """Return the key of that name, the same one for all workers and runs."""
    assert name.isalnum()
    path = _KEPT / ("%s-%d.pem" % (name, BITS))
    _KEPT.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.unlink(missing_ok=True)  # left by a run that was killed
            make().save(fresh, "")
            fresh.rename(path)
        # Skip the check of the key: it takes as long as generating one.
        private = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(private, RSAPrivateKey)
    return Signer(private)


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
    """Return a signed key list; keys are given by name."""
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
    """Return a signed manifest of `version`, with `overrides` as its fields."""
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
