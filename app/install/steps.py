"""The steps of an installation, in their order."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from app.cli import label
from app.cli.build import key_list, read_firmware
from app.doctor import port as doctor_port
from app.doctor import probe, verdict
from app.install import console, image
from app.install.ask import Ask
from app.install.errors import InstallError
from app.install.flasher import FoundChip, SerialLine, identify, write
from app.install.provision import HeldFiles, OnBoard, Provisioning
from app.install.show import InstallView
from app.shell.mpremote import RawPrompt
from build.firmware import layout, mpy
from build.firmware.cache import made_before
from build.firmware.model import FirmwareError

# adapters/micropython/portal.py: the file, letters that cannot be mistaken, 60 bits.
_SETUP_PASSWORD = "setup_password"  # noqa: S105 - the name of a file
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH = 12

STEPS = ("flash", "copy", "provision", "console")


@dataclass(frozen=True)
class InstallPlan:
    """All that an installation is to do. `only`: one of `STEPS`, None for all that make a Thing;
    `board`: "" for the chip's own; `agreed`: the board may be erased without a question."""

    port: str
    only: str | None
    board: str | None
    base: Path | None
    image: Path | None
    trust: Path | None
    labels: Path | None
    settings: Provisioning
    agreed: bool
    baud: int
    wait_s: float


def run(plan: InstallPlan, ask: Ask, show: InstallView) -> None:
    """Follow the plan. Raise `InstallError`, or the error of a part, each with a remedy."""
    if plan.labels and plan.only not in (None, "flash"):
        raise InstallError("--labels is for a board that is flashed - leave it out")
    if plan.only in (None, "flash"):
        _flash(plan, ask, show)
    elif plan.only == "copy":
        _copy(plan, show)
    elif plan.only == "provision":
        _provision(plan, show)
    if plan.only in (None, "console"):
        show.step("console", "Its console at %s, until the Thing runs:" % plan.port)
        console.until_it_runs(plan.port, plan.wait_s, show.line, restart=plan.only == "console")
        show.step("runs", "The Thing runs.")


def _flash(plan: InstallPlan, ask: Ask, show: InstallView) -> None:
    line = SerialLine(plan.port, plan.baud)
    show.step("identify", "Asking which chip is at %s" % plan.port, port=plan.port)
    chip = identify(line)
    text = "%s, %d KiB of flash, MAC %s" % (chip.name, chip.flash // layout.KIB, chip.mac)
    show.step("chip", text, **vars(chip))
    password = _setup_password() if plan.labels else ""
    made = _image(plan, chip, password, ask, show)
    if not plan.agreed:
        ask.agreed(plan.port, chip.name)
    if plan.labels:
        tid = plan.settings.files.get("tid", b"").decode() or chip.mac.replace(":", "").upper()
        label.note(plan.labels, tid, password)
        show.step("label", "%s has the label of %s" % (plan.labels, tid), tid=tid)
    text = "Writing %d KiB: %s" % (len(made.data) // layout.KIB, made.micropython)
    show.step("write", text, bytes=len(made.data), start=made.start, micropython=made.micropython)
    write(line, chip.name, made.start, made.data, show.percent)
    show.step("verified", "The board has verified it.")


def _setup_password() -> str:
    """Return a password for the board's own network, as the board itself would make one."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _image(
    plan: InstallPlan, chip: FoundChip, password: str, ask: Ask, show: InstallView
) -> image.ChipImage:
    """Make the image, or take the given one, and put the settings into it."""
    kind = image.family(chip)
    board = plan.board or kind
    if layout.facts(board).chip != kind:
        raise InstallError("the board %s has no %s - leave --board out" % (board, chip.name))
    held = HeldFiles()
    if plan.only is None:
        plan.settings.onto(held)
    if password:
        held.replace(_SETUP_PASSWORD, password.encode())
    path = plan.image or plan.base or ask.base(chip.name)
    data = read_firmware(path)
    try:
        if not plan.image:
            trust = None if plan.trust is None else key_list(plan.trust)
            say = lambda text: show.step("make", text[:1].upper() + text[1:])  # noqa: E731
            data = image.made(board, chip, data, trust, say).data
        return image.provisioned(data, chip, held.files)
    except FirmwareError as error:
        raise InstallError("%s: %s" % (path, error)) from None


def _copy(plan: InstallPlan, show: InstallView) -> None:
    show.step("probe", "Asking the board at %s for its MicroPython" % plan.port)
    try:
        facts = probe.facts(doctor_port.ask(plan.port, console.BAUD, probe.PROGRAM))
    except ValueError as error:
        raise InstallError("%s - is it MicroPython? Flash the board" % error) from None
    stops = [one for one in verdict.findings(facts) if one.level == verdict.STOP]
    if stops:
        raise InstallError("%s: %s - %s" % (stops[0].about, stops[0].text, stops[0].do))
    if facts.platform == "esp8266":
        raise InstallError(layout.NEEDS_ROMFS + " So it is flashed: leave --only out.")
    version = mpy.version_for((facts.version[0], facts.version[1]))
    files = made_before(plan.board or facts.platform, version).all
    show.step("copy", "Copying %d files" % len(files), files=len(files))
    with RawPrompt(plan.port, console.BAUD) as prompt:
        # `main.py`, which starts the OS, is the last: a copy that breaks off starts nothing.
        for count, name in enumerate(sorted(files, key=lambda name: name == "main.py"), 1):
            prompt.put(name, files[name])
            show.percent(100.0 * count / len(files))
    show.step("copied", "The OS is on the board, and starts.")


def _provision(plan: InstallPlan, show: InstallView) -> None:
    if not plan.settings:
        raise InstallError("nothing to write was given - give --wifi, --aid, --backend, ...")
    doctor_port.openable(plan.port, console.BAUD)
    show.step("provision", "Writing the settings to the board at %s" % plan.port)
    with RawPrompt(plan.port, console.BAUD) as prompt:
        plan.settings.onto(OnBoard(prompt))
    show.step("provisioned", "The board has them, and starts again.")
