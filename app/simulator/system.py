"""The generated OS and a Thing's parameters, as files for a board."""

from __future__ import annotations

import hashlib
import json
import ssl
from pathlib import Path

from adapters.linux import inputs
from app.simulator.errors import SimError
from app.simulator.host import SimBoard
from app.simulator.modem import APN
from app.simulator.wifi import DEFAULT_NETWORK, DEFAULT_PASSWORD
from build.firmware.cache import made_before
from build.firmware.model import BoardRelease, FirmwareError
from build.firmware.release import NEWEST
from domain.security.signed import MAX_TEXT
from domain.settings import networks
from domain.settings.parameters import TRUST

_NOTE = "os.json"  # beside the image: the OS that was written to it


def release(name: str, mpy: bool) -> BoardRelease:
    """Return the OS for a board; raise `SimError` if it cannot be generated."""
    try:
        made = made_before(name, NEWEST, source=not mpy)
    except FirmwareError as error:
        raise SimError("the OS cannot be made: %s" % error) from None
    if "main.py" not in made.start:
        raise SimError("the OS for the board %s has no main.py, nothing would start" % name)
    return made


def parameters(
    given: dict[str, str],
    ca: Path | None,
    setup: bool = False,
    trust: Path | None = None,
    modem: bool = False,
) -> dict[str, bytes]:
    """Return files: one for each parameter, the authority's certificate, and the key list.

    The portal is offered at power-on only with `setup`: a simulated board has no user beside it.
    A board with a `modem` knows no other network.
    """
    network = {"apn": APN.encode()} if modem else _network()
    files = {} if setup else {"setup_timeout": b"0", **network}
    files.update({name: value.encode() for name, value in given.items()})
    if ca is not None:
        files["ca"] = certificate(ca)
    if trust is not None:
        try:
            files[TRUST] = inputs.data(trust, MAX_TEXT)
        except OSError as error:
            raise SimError("--trust %s cannot be read: %s" % (trust, error.strerror)) from None
    return files


def install(board: SimBoard, made: BoardRelease, others: dict[str, bytes], root: Path) -> None:
    """Write the other files to a board that is off, and the OS, unless it has that one already.

    A compiled OS lies where the board executes it in place, if it has such a place. An OS that the
    board has received from its cloud stays, until there is a new one here.
    """
    in_place = board.kind.rom and "pt.mpy" in made.files
    files = made.start if in_place else made.all
    digest = hashlib.sha256(repr((sorted(made.all.items()), in_place)).encode()).hexdigest()
    note = root / _NOTE
    try:
        before = json.loads(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        before = {"digest": "", "names": []}
    there = board.files()
    # The board manages its known networks itself.
    wanted = {name: others[name] for name in others if name != networks.WIFI or name not in there}
    if before["digest"] == digest:
        if TRUST in there:  # the board may have received a later key list since
            wanted.pop(TRUST, None)
        board.put(wanted)
        return
    board.put_rom(made.files if in_place else {})
    # An OS from a cloud is assumed to be older than this one.
    gone = {name for name in there if name[:4] in ("os.a", "os.b")}
    gone |= set(before["names"]) & set(there)
    board.put({**files, **wanted}, remove=frozenset(gone - set(files)))
    note.write_text(json.dumps({"digest": digest, "names": sorted(files)}) + "\n", encoding="ascii")


def _network() -> dict[str, bytes]:
    one = json.dumps({"name": DEFAULT_NETWORK, "password": DEFAULT_PASSWORD})
    return {networks.WIFI: one.encode()}


def certificate(path: Path) -> bytes:
    """Return a certificate as DER, which firmware of all versions reads. Raise `SimError`."""
    try:
        data = inputs.data(path, inputs.MAX_PEM)
        if b"-----BEGIN" in data:
            text = data.decode("ascii")
            begin = text.index("-----BEGIN CERTIFICATE-----")
            end = text.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")
            data = ssl.PEM_cert_to_DER_cert(text[begin:end])
        if not data:  # an empty file means no choice on a board
            raise ValueError
        ssl.create_default_context(cadata=data)
    except OSError as error:  # ssl's own errors too
        raise SimError("--ca %s cannot be used: %s" % (path, error.strerror or error)) from None
    except ValueError:
        raise SimError("--ca %s holds no certificate" % path) from None
    return data
