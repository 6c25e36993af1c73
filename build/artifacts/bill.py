"""`python -m build bill`: the bill of materials of a release, in CycloneDX 1.6 as JSON.

Its components are the packages of the locks: with their hashes, and the groups that have them.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from app.place import SOURCE
from build.firmware.mpy import banner

GROUPS = ("thing", "host", "firmware")  # of pyproject.toml: all that a user of a release installs

_ENTRY = re.compile(r"^([a-z0-9.-]+)==([^\s;\\]+)(?: *; *([^\\\n]+?))? *\\?$", re.M)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_OURS = uuid.UUID("6f1c1d43-7f0c-5a0b-9c3b-5d7b8f0f6a51")  # of the names of our releases


def main(argv: list[str]) -> int:
    """Write the bill to standard output."""
    parser = argparse.ArgumentParser(prog="python -m build bill", description=main.__doc__)
    parser.add_argument("--version", required=True, help="of the OS")
    parser.add_argument("--commit", required=True, help="its hash")
    parser.add_argument("--epoch", type=int, required=True, help="seconds since 1970")
    parser.add_argument(
        "--base", type=Path, action="append", default=[], help="a MicroPython in the images"
    )
    options = parser.parse_args(argv)
    made = bill(options.version, options.commit, options.epoch)
    made.components.update(_firmware(path.read_bytes()) for path in options.base)
    sys.stdout.write(JsonV1Dot6(made).output_as_string(indent=1) + "\n")
    return 0


def bill(version: str, commit: str, epoch: int) -> Bom:
    """Return the bill of a version, which the same arguments and locks give again."""
    made = Bom(serial_number=uuid.uuid5(_OURS, "%s %s %d" % (version, commit, epoch)))
    made.metadata.timestamp = datetime.fromtimestamp(epoch, timezone.utc)
    made.metadata.component = Component(
        name="pythings-os",
        version=version,
        type=ComponentType.FIRMWARE,
        bom_ref="pythings-os",
        licenses=[LicenseExpression("Apache-2.0")],
        properties=[Property(name="pythings:commit", value=commit)],
    )
    found: dict[tuple[str, str], Component] = {}
    for group in GROUPS:
        for name, exact, marker, hashes in locked(group):
            if (name, exact) not in found:
                found[name, exact] = _package(name, exact, marker, hashes)
            found[name, exact].properties.add(Property(name="pythings:group", value=group))
    made.components.update(found.values())
    made.register_dependency(made.metadata.component, found.values())
    return made


def locked(group: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield name, version, marker and hashes of each package of a group's lock."""
    text = (SOURCE / "requirements" / (group + ".lock")).read_text(encoding="utf-8")
    entries = list(_ENTRY.finditer(text))
    ends = [entry.start() for entry in entries[1:]] + [len(text)]
    for entry, end in zip(entries, ends):
        yield entry[1], entry[2], entry[3] or "", _HASH.findall(text[entry.end() : end])


def _package(name: str, version: str, marker: str, hashes: list[str]) -> Component:
    purl = PackageURL("pypi", name=name, version=version)
    # One for each file of the package: its wheels, its source.
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(purl.to_string()),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
    )
    made = Component(
        name=name,
        version=version,
        purl=purl,
        bom_ref=purl.to_string(),
        external_references=[files],
    )
    if marker:
        made.properties.add(Property(name="pythings:where", value=marker))
    return made


def _firmware(data: bytes) -> Component:
    digest = hashlib.sha256(data).hexdigest()
    return Component(
        name="micropython",
        version=banner(data)[1],
        type=ComponentType.FIRMWARE,
        bom_ref="micropython-" + digest[:16],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )
