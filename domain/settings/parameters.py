"""The parameters that the Thing knows without the cloud: one small file each, named as below.

A value from the command line or environment overrides the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

import attrs

from domain.errors import DeviceError
from domain.settings.values import check_host_port, limit, quoted, text, timeout, whole

if TYPE_CHECKING:
    from ports.storage import Storage

MAX_TID = 36  # characters: the cloud's database takes no more
MAX_FILE = 4096
MAX_QUEUE_KB = 16777216  # 16 GiB
SIGNED = "signed"
TRUST = "trust"  # the file with the key list in force, which decides on OS releases

_NOT_USED = "parameter %s %s; it is not used"
_LEVELS = ("debug", "info", "warning", "error")
_STRICT = (("commands", "off"), ("apps", SIGNED))
_SCHEMES = (("https://", True), ("http://", False))


def _identifier(_instance: object, _attribute: object, value: str) -> None:
    if len(value) > MAX_TID:
        raise ValueError("is longer than %d characters: %s" % (MAX_TID, quoted(value)))


def _commands(_instance: object, _attribute: object, value: str) -> None:
    if value not in ("", "off", "on", "all", SIGNED):
        raise ValueError("is not off, on, all or signed but %s" % quoted(value))


def _apps(_instance: object, _attribute: object, value: str) -> None:
    if value not in ("", SIGNED):
        raise ValueError("is not signed but %s" % quoted(value))


def _lines(value: object) -> str:
    """Require a text of a few lines: Wi-Fi networks and their passwords."""
    if not isinstance(value, str) or len(value) > MAX_FILE or "\0" in value:
        raise ValueError("is not a text of a few lines")
    return value


def _address(value: object) -> str:
    """Require a text; return it with its scheme in lower case, as phones begin with a capital."""
    given = text(value)
    at = given.find("://") + 1
    return given[:at].lower() + given[at:]


def _backend(_instance: object, _attribute: object, value: str) -> None:
    for scheme, _ in _SCHEMES:
        if value.startswith(scheme):
            value = value[len(scheme) :].rstrip("/") or scheme  # a scheme alone is no host
            break
    check_host_port(value.rstrip("/"))


def _loglevel(_instance: object, _attribute: object, value: str) -> None:
    if value and value.lower() not in _LEVELS:
        raise ValueError("is none of %s but %s" % (", ".join(_LEVELS), quoted(value)))


def _queue_kb(_instance: object, _attribute: object, value: int) -> None:
    if value and not 16 <= value <= MAX_QUEUE_KB:
        raise ValueError("is not between 16 and %d KiB but %d" % (MAX_QUEUE_KB, value))


def _modulus(value: object) -> int:
    digits = value if isinstance(value, str) else str(value)
    if not digits or len(digits) >= 1300 or digits.strip("0123456789"):
        raise ValueError("is not the decimal number of a public key")
    return int(digits)


@attrs.frozen
class Parameters:
    """The parameters of a Thing. `aid` and `tid`: App and Thing id; `backend`:
    [http[s]://]host[:port]; `setup_timeout` and `app_timeout` in seconds; `wifi`: lines of network
    and password in turn; `apn`: access point name of the mobile network; `cloud_key`: the cloud's
    RSA modulus, 0 for the public one; `queue_kb`: KiB of storage for readings that wait, 0 for the
    board's limit; `commands`: "off" to execute none, "on" to execute them, "all" to include those
    of the debug shell that change the Thing, "signed" to execute only those signed by keys of its
    list; by default "signed" with `apps` set, or where TLS is not verified and there is a key list,
    else "on"; `apps`: "signed" to take no others."""

    aid: str = attrs.field(default="", converter=text, validator=_identifier)
    tid: str = attrs.field(default="", converter=text, validator=_identifier)
    backend: str = attrs.field(default="", converter=_address, validator=_backend)
    pool: str = attrs.field(default="", converter=text)
    loglevel: str = attrs.field(default="", converter=text, validator=_loglevel)
    setup_timeout: int = attrs.field(default=60, converter=whole, validator=timeout)
    wifi: str = attrs.field(default="", converter=_lines)
    apn: str = attrs.field(default="", converter=text)
    commands: str = attrs.field(default="", converter=text, validator=_commands)
    apps: str = attrs.field(default="", converter=text, validator=_apps)
    app_timeout: int = attrs.field(default=30, converter=whole, validator=limit)
    queue_kb: int = attrs.field(default=0, converter=whole, validator=_queue_kb)
    cloud_key: int = attrs.field(default=0, converter=_modulus)


NAMES = tuple(field.name for field in attrs.fields(Parameters))


def load(storage: Storage, given: Mapping[str, object]) -> tuple[Parameters, list[str]]:
    """Return the parameters from their files, `given` ones above them, and the problems found.

    A bad value leaves the default in force, but for those that forbid something (docs/security.md,
    11 and T10); nothing raises here but a storage that fails whole.
    """
    problems = []
    parameters = Parameters()
    for name in NAMES:
        try:
            value = given[name] if name in given else _from_file(storage, name)
            if value is not None:
                parameters = attrs.evolve(parameters, **{name: value})
        except (ValueError, DeviceError) as error:
            problem = _NOT_USED % (name, error)
            for known, strict in _STRICT:  # the owner wanted less than the default
                if name == known:
                    problem += ", which counts as " + strict
                    parameters = attrs.evolve(parameters, **{name: strict})
            problems.append(problem)
    if parameters.apps == SIGNED and not parameters.commands:
        # An unsigned command could undo it. The owner may allow both, at the Thing.
        parameters = attrs.evolve(parameters, commands=SIGNED)
    return parameters, problems


def _from_file(storage: Storage, name: str) -> str | None:
    content = storage.read(name, MAX_FILE)
    if content is None:
        return None
    try:
        if content[:3] == b"\xef\xbb\xbf":  # a byte order mark, with which some editors begin
            content = content[3:]
        value: str = content.decode().strip()
    except UnicodeError:
        raise ValueError("is not UTF-8 text") from None
    if not value:
        raise ValueError("is an empty file")
    return value


def backend(parameters: Parameters, default: str, ssl: bool) -> tuple[str, bool]:
    """Return the (host[:port], TLS?) to register with. A scheme given by hand overrides `ssl`."""
    given = parameters.backend or default
    for scheme, secure in _SCHEMES:
        if given.startswith(scheme):
            return given[len(scheme) :].rstrip("/"), secure
    return given.rstrip("/"), ssl


def with_tid(parameters: Parameters, identity: str) -> Parameters:
    """Return the parameters with the Thing id that the hardware gives."""
    return attrs.evolve(parameters, tid=identity[:MAX_TID])
