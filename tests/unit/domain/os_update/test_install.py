"""An OS update: verified before it takes effect, with only the changed files fetched."""

from __future__ import annotations

import base64

import pytest

from build.release.patch import between
from build.release.sources import file_of
from build.release.texts import ReleaseFile
from domain.errors import CloudError, DeviceError, LinkError
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, Slot
from domain.security.keyring import trusted
from domain.settings.settings import Settings
from domain.settings.update_policy import forgive, os_wanted
from domain.states.update import Update
from tests.fakes.signers import FILES, key_list, manifest
from tests.fakes.storage import MemoryStorage, PowerCut
from tests.unit.domain.os_update.installing import WANTED, WHOLE, rejected, updating


def slot_of(thing, place="a"):
    prefix = "os.%s/" % place
    files = thing.storage.files
    return {name[len(prefix) :]: data for name, data in files.items() if name.startswith(prefix)}


def fetched(thing):
    return [arguments[2] for _, arguments in thing.cloud.made("os_file")]


def test_a_release_is_installed_and_started():
    thing = updating()
    thing.queue.put(1, "x")
    assert Update(thing).act() == "committed"
    assert slot_of(thing) == WHOLE
    assert slot_of(thing, "new") == {}
    assert thing.journal.os == Slot("a", "2.1.0", "", FRESH)
    assert thing.journal.offered == 2001000
    assert journals.load(thing.storage) == thing.journal
    assert "queue.1" in thing.storage.files
    assert thing.system.restarts == 1


def test_what_is_whole_is_put_where_it_runs_before_it_counts():
    thing = updating()
    sealed = []

    def seal(folder):
        assert slot_of(thing) == WHOLE
        assert journals.load(thing.storage).os == Slot()
        for name in slot_of(thing):
            thing.storage.remove("os.a/" + name)
        thing.storage.replace("os.a/sealed", b"0 1 2")
        sealed.append(folder)

    thing.system.on_seal = seal
    assert Update(thing).act() == "committed"
    assert sealed == ["os.a"]
    assert slot_of(thing) == {"sealed": b"0 1 2"}


def test_what_cannot_be_put_where_it_runs_leaves_what_was():
    thing = updating()

    def fail(_folder):
        raise DeviceError("storage", "the flash is worn")

    thing.system.on_seal = fail
    rejected(thing, "the flash is worn")
    assert slot_of(thing) == {}


def test_what_is_sealed_is_not_sealed_any_more_when_the_next_one_comes():
    storage = MemoryStorage({"trust": key_list(), "os.a/sealed": b"0 1 2"})
    thing = updating(storage, Journal(os=Slot("b", "2.0.5", "", PROVEN)))
    thing.cloud.script("os_file", None, LinkError("cut", "the connection was cut"))
    rejected(thing, "cut")
    assert slot_of(thing) == {}  # so the loader finds nothing that is not whole


def test_what_the_running_os_has_is_not_fetched():
    had = {"os.b/" + name: data for name, data in WHOLE.items()}
    had["os.b/start.py"] = b"another"
    had["os.a/older.py"] = had["os.a/lib/older.py"] = b"of the release before"
    storage = MemoryStorage({"trust": key_list(), **had})
    thing = updating(storage, Journal(os=Slot("b", "2.0.5", "2.0.4", PROVEN)))
    assert Update(thing).act() == "committed"
    assert fetched(thing) == ["release.txt", "start.py"]
    assert slot_of(thing) == WHOLE
    assert slot_of(thing, "b")["start.py"] == b"another"
    assert thing.journal.os == Slot("a", "2.1.0", "2.0.5", FRESH)


@pytest.mark.parametrize("where", ["", "rom/"])
def test_what_the_factory_has_is_not_fetched(where):
    storage = MemoryStorage({"trust": key_list(), where + "pt.mpy": WHOLE["pt.mpy"]})
    thing = updating(storage)
    assert Update(thing).act() == "committed"
    assert fetched(thing) == ["release.txt", "lib/deep.py", "start.py"]


def test_the_file_with_the_version_is_known_without_asking():
    files = (*FILES, ReleaseFile("version.py", b"version='2.1.0'\n"))
    thing = updating(files=files)
    assert Update(thing).act() == "committed"
    assert "version.py" not in fetched(thing)
    assert slot_of(thing)["version.py"] == b"version='2.1.0'\n"
    other = updating(files=(ReleaseFile("version.py", b"version='2.1.0'\nmore = 1\n"),))
    assert Update(other).act() == "committed"
    assert fetched(other) == ["release.txt", "version.py"]


def test_a_cut_transfer_goes_on_where_it_stopped():
    thing = updating()

    def cut(_version, _platform, _name, write):
        write(b"half")
        raise LinkError("cut", "the connection was cut")

    thing.cloud.script("os_file", None, None, cut)
    rejected(thing, "cut")
    assert slot_of(thing) == {"lib/deep.py": b""}
    thing.cloud.calls.clear()
    thing.clock.sleep(120_000)
    thing.wanted = WANTED
    assert Update(thing).act() == "committed"
    assert fetched(thing) == ["release.txt", "pt.mpy", "start.py"]


def test_what_a_cut_left_garbled_is_fetched_again():
    storage = MemoryStorage({"trust": key_list(), "os.a/pt.mpy": WHOLE["pt.mpy"][:-1] + b"x"})
    thing = updating(storage)
    assert Update(thing).act() == "committed"
    assert slot_of(thing) == WHOLE


def test_while_the_place_of_the_previous_one_is_written_there_is_no_way_back_to_it():
    """During that time, a rollback leads to the factory's OS."""
    storage = MemoryStorage({"trust": key_list()})
    thing = updating(storage, Journal(os=Slot("b", "2.0.5", "2.0.4", PROVEN)))
    thing.cloud.script("os_file", None, LinkError("cut", "the connection was cut"))
    Update(thing).act()
    assert thing.journal.os.previous == ""
    assert journals.load(storage).os.previous == ""


@pytest.mark.parametrize(
    ("name", "content", "mention"),
    [
        ("start.py", b"import pt \n", "(security T9): start.py is larger than stated"),
        ("start.py", b"import px\n", "(security T9): start.py is not what was signed"),
        ("start.py", b"import pt", "(security T9): start.py is not what was signed"),
        ("lib/deep.py", b" ", "(security T9): lib/deep.py is larger than stated"),
        ("pt.mpy", base64.b64encode(WHOLE["pt.mpy"])[:-4], "(security T9)"),
        ("pt.mpy", base64.b64encode(WHOLE["pt.mpy"])[:-3], "(security T9)"),
        ("pt.mpy", b"AAAAA===", "(security T9)"),
        ("release.txt", b"", "(security T1)"),
        ("release.txt", manifest()[:-1], "(security T1): it is cut"),
        ("release.txt", b"<html>" * 4000, "(security T1): release.txt is too long"),
    ],
    ids=range(10),  # not by their content, of which some is random
)
def test_a_tampered_file(name, content, mention):
    thing = updating()
    thing.cloud.releases["2.1.0"][name] = content
    rejected(thing, mention)
    assert slot_of(thing) == slot_of(thing, "new") == {}


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_a_file_that_comes_in_pieces_cut_anywhere(size):
    thing = updating()
    wire = base64.b64encode(WHOLE["pt.mpy"])

    def pieces(_version, _platform, _name):
        return [wire[at : at + size] for at in range(0, len(wire), size)]

    thing.cloud.script("os_file", None, None, pieces)
    assert Update(thing).act() == "committed"
    assert slot_of(thing) == WHOLE


LATE = ReleaseFile("pt_late.mpy", b"late" * 1000, "deflated")


def test_a_deflated_file():
    thing = updating(files=(*FILES, LATE))
    assert len(LATE.wire) < 100
    assert Update(thing).act() == "committed"
    assert slot_of(thing) == {**WHOLE, LATE.name: LATE.data}
    assert not thing.storage.names("os.new")


@pytest.mark.parametrize(
    ("wire", "mention"),
    [
        (ReleaseFile("", LATE.data + b"!", "deflated").wire, "larger than stated"),
        (ReleaseFile("", b"rate" * 1000, "deflated").wire, "not what was signed"),
        (ReleaseFile("", b"late" * 999, "deflated").wire, "not what was signed"),
        (LATE.wire[:-4], "pt_late.mpy"),
        (base64.b64encode(b"\xff" * 100), "(security T9): pt_late.mpy is not what was signed"),
        (base64.b64encode(bytes(4002)), "larger than stated"),  # more than it is without
        (b"?", "base64"),
        (b"", "(security T9): pt_late.mpy is not what was signed"),
    ],
    ids=range(8),
)
def test_a_tampered_deflated_file(wire, mention):
    thing = updating(files=(*FILES, LATE))
    thing.cloud.releases["2.1.0"][LATE.name] = wire
    rejected(thing, mention)
    assert slot_of(thing) == {}


OLD = {
    "start.py": b"import pt_before\n",
    "pt.mpy": WHOLE["pt.mpy"][:900] + b"another" + WHOLE["pt.mpy"][1000:],
    "pt_late.mpy": LATE.data,
}
NEW = (*FILES, ReleaseFile("pt_z.mpy", bytes(range(200, 256)), "base64"))
PATCH = between(OLD, {**WHOLE, "pt_z.mpy": NEW[-1].data})


def patchable(patch=PATCH, wire=None, old=OLD, **overrides):
    """Return a Thing that runs 2.0.0 from a slot, and a release with a patch from that."""
    storage = MemoryStorage({"trust": key_list(), **{"os.b/" + key: old[key] for key in old}})
    thing = updating(
        storage,
        Journal(os=Slot("b", "2.0.0", "", PROVEN)),
        files=NEW,
        patches=(file_of("patch.2.0.0", patch), ReleaseFile("patch.1.0.0", b"of another")),
        **overrides,
    )
    thing.version = "2.0.0"
    wire = file_of("", patch).wire if wire is None else wire
    thing.cloud.releases["2.1.0"]["patch.2.0.0"] = wire
    return thing


def is_new(thing):
    assert Update(thing).act() == "committed"
    assert slot_of(thing) == {file.name: file.data for file in NEW}
    assert not thing.storage.names("os.new")
    return thing.journal.os == Slot("a", "2.1.0", "2.0.0", FRESH)


def test_a_patch_is_fetched_instead_of_files():
    thing = patchable()
    assert is_new(thing)
    assert fetched(thing) == ["release.txt", "patch.2.0.0"]
    assert not thing.console.named("not_patched")


def test_a_patch_that_is_for_another_version_is_not():
    thing = patchable()
    thing.version = "2.0.1"
    thing.storage.files["os.b/lib/deep.py"] = b""
    assert is_new(thing)
    assert fetched(thing) == ["release.txt", "pt.mpy", "pt_z.mpy", "start.py"]


@pytest.mark.parametrize(
    ("wire", "mention"),
    [
        (b"", "not what was signed"),
        (b"<html>", "base64"),
        (file_of("", PATCH + b"!").wire, "larger than stated"),
        (file_of("", PATCH[:-1] + b"!").wire, "not what was signed"),
    ],
    ids=range(4),
)
def test_a_tampered_patch_is_not_used(wire, mention):
    """T9: the files come whole, and are verified."""
    thing = patchable(wire=wire)
    assert is_new(thing)
    assert fetched(thing) == ["release.txt", "patch.2.0.0", *sorted(file.name for file in NEW)]
    (told,) = thing.console.named("not_patched")
    assert mention in told["text"]


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ({}, "there is no file"),
        ({**OLD, "pt.mpy": bytes(2000)}, "is not what was signed"),
        ({**OLD, "pt.mpy": b"short", "start.py": b""}, "is shorter than it was"),
    ],
    ids=["none", "others", "shorter"],
)
def test_a_patch_from_other_files_than_there_are_makes_nothing_wrong(old, says):
    thing = patchable(old=old)
    assert is_new(thing)
    assert fetched(thing)[:3] == ["release.txt", "patch.2.0.0", "pt.mpy"]
    assert "pt_z.mpy" not in fetched(thing)
    told = thing.console.named("not_patched")
    assert [one["file"] for one in told] == fetched(thing)[2:]
    assert all(says in one["text"] for one in told)


def test_what_a_patch_makes_is_verified():
    """A patch that makes another file than the manifest's."""
    wrong = between(OLD, {**WHOLE, "pt.mpy": b"evil", "pt_z.mpy": NEW[-1].data})
    thing = patchable(wrong)
    assert is_new(thing)
    assert fetched(thing) == ["release.txt", "patch.2.0.0", "pt.mpy"]


def test_a_patch_that_has_not_all_files():
    thing = patchable(between(OLD, {"pt.mpy": WHOLE["pt.mpy"]}))
    assert is_new(thing)
    names = ["release.txt", "patch.2.0.0", "lib/deep.py", "pt_z.mpy", "start.py"]
    assert fetched(thing) == names
    for one in thing.console.named("not_patched"):
        assert one["text"] == "os.new/patch has no " + one["file"]


def test_a_patch_that_is_cut_off_stays_what_it_was_going_to_be():
    thing = patchable()
    thing.cloud.script("os_file", None, LinkError("cut", "the connection was cut"))
    rejected(thing, "cut")
    thing.clock.sleep(120_000)
    thing.wanted = WANTED
    thing.cloud.calls.clear()
    assert is_new(thing)
    assert fetched(thing) == ["release.txt", "patch.2.0.0"]


def test_a_patch_that_is_there_is_not_fetched_again():
    thing = patchable()
    thing.storage.files["os.new/patch"] = PATCH
    assert is_new(thing)
    assert fetched(thing) == ["release.txt"]


def test_a_patch_that_there_is_no_room_for_leaves_room_for_the_files():
    thing = patchable()
    full = thing.storage.receive

    def receive(name):
        if name == "os.new/patch":
            raise DeviceError("disk_full", "no room")
        assert "os.new/patch.2.0.0" not in thing.storage.files or "patch" in name
        return full(name)

    thing.storage.receive = receive
    assert is_new(thing)
    assert "pt.mpy" in fetched(thing)


def test_a_file_that_never_ends():
    thing = updating()
    written = []

    def endless(_version, _platform, _name):
        while True:
            written.append(64)
            yield b"A" * 64

    thing.cloud.script("os_file", None, None, endless)
    rejected(thing, "larger than stated")
    assert sum(written) <= len(WHOLE["pt.mpy"]) * 4 / 3 + 64


def test_a_release_of_a_stranger_costs_two_requests():
    """The second looks for a later key list with the stranger's key."""
    thing = updating(by=("stranger",))
    rejected(thing, "(security T2)")
    assert fetched(thing) == ["release.txt", "keys.2"]


@pytest.mark.parametrize(
    ("overrides", "paragraph"),
    [
        ({"platforms": ("esp8266",)}, "T6"),
        ({"abi": "mpy5"}, "T6"),
        ({"expires": 1}, "T7"),
        ({"version": "2.2.0"}, "T5"),
        ({"replaces": "2.0.1"}, "T5"),
        ({"files": (ReleaseFile("../x", b""),)}, "T8"),
    ],
)
def test_a_release_that_is_not_for_us(overrides, paragraph):
    rejected(updating(**overrides), "(security %s)" % paragraph)


def test_a_thing_that_trusts_nobody():
    thing = updating(MemoryStorage())
    rejected(thing, "no key list")
    assert thing.cloud.identities[0]["frozen"] is True
    assert updating().cloud.identities[0]["frozen"] is False


def test_older_than_what_has_proved_itself_here():
    journal = Journal(floor=2001001)
    rejected(updating(journal=journal), "(security T5)")


def test_a_release_that_takes_more_memory_than_there_is():
    thing = updating()

    thing.cloud.script("os_file", full)
    rejected(thing, "more memory than there is")


def full(*_arguments):
    raise MemoryError


def with_an_app():
    thing = updating(journal=Journal(app=Slot("a", "1", "", PROVEN)))
    assert thing.app.usable()
    return thing


def test_the_app_gives_way_to_a_release_that_it_leaves_no_memory_for():
    thing = with_an_app()
    thing.cloud.script("os_file", full)
    assert Update(thing).act() == "committed"
    assert slot_of(thing) == WHOLE


def test_an_app_that_gave_way_for_nothing_is_loaded_again():
    thing = with_an_app()
    thing.cloud.script("os_file", full, full)
    rejected(thing, "more memory than there is")
    assert not thing.apps.loaded
    assert thing.app.usable()
    assert thing.apps.loaded


def test_without_need_the_app_stays():
    thing = with_an_app()
    thing.cloud.releases.clear()
    rejected(thing, "there is no file release.txt")
    assert thing.apps.unloads == 0


# keys


def test_key_lists_are_caught_up_with():
    thing = updating(by=("other",), keys=3)
    release = thing.cloud.releases["2.1.0"]
    release["keys.2"] = key_list(2)
    release["keys.3"] = key_list(3, release=("other",), revoked=("release",))
    assert Update(thing).act() == "committed"
    assert thing.storage.files["trust"] == release["keys.3"]
    assert fetched(thing)[:3] == ["release.txt", "keys.2", "keys.3"]


def test_a_key_list_that_is_not_ours_is_not_kept():
    thing = updating(by=("other",), keys=2)
    thing.cloud.releases["2.1.0"]["keys.2"] = key_list(2, release=("other",), by=("stranger",))
    rejected(thing, "(security T2)")
    assert thing.storage.files["trust"] == key_list()


def test_a_key_list_too_far():
    rejected(updating(keys=34), "(security T3)")


# room


def test_a_full_storage_is_found_before_anything_is_fetched():
    storage = MemoryStorage({"trust": key_list()}, capacity=30_000)
    thing = updating(storage)
    rejected(thing, "it takes")
    assert fetched(thing) == ["release.txt"]


@pytest.mark.parametrize("write", range(1, 9))
def test_a_storage_that_fails_leaves_what_was(write):
    thing = updating()
    thing.storage.fail_after(write)
    event = Update(thing).act()
    assert thing.journal.os in (Slot(), Slot("a", "2.1.0", "", FRESH))
    assert journals.load(thing.storage).os == thing.journal.os
    if event == "committed":
        assert slot_of(thing) == WHOLE


def test_a_cut_at_every_write_leaves_one_or_the_other():
    done = False
    count = 0
    while not done:
        count += 1
        thing = updating()
        thing.storage.cut_after(count)
        try:
            done = Update(thing).act() == "committed"
        except PowerCut:
            thing.storage.restart()
        found = journals.load(thing.storage).os
        assert found == Slot() or (found.version == "2.1.0" and slot_of(thing) == WHOLE)
    assert count > 10


# the wanted version


@pytest.mark.parametrize("version", ["factory", "FACTORY", "", "v2.0.0"])
def test_what_runs_is_not_wanted(version):
    thing = updating(wanted=Settings(pythings_version=version))
    assert not os_wanted(thing, thing.wanted, 0)


def test_what_was_taken_back_is_not_wanted_until_another_was():
    thing = updating(journal=Journal(os=Slot("", "", "", PROVEN, "2.1.0")))
    assert not os_wanted(thing, WANTED, 0)
    assert os_wanted(thing, Settings(pythings_version="2.1.1"), 0)
    forgive(thing, WANTED)
    assert not os_wanted(thing, WANTED, 0)
    forgive(thing, Settings(pythings_version="v2.0.0"))
    assert os_wanted(thing, WANTED, 0)


def test_settings_on_trial_come_first():
    wanted = Settings(pythings_version="2.1.0", worker_interval=5)
    thing = updating(wanted=wanted)
    assert Update(thing).act() == "applied"
    assert fetched(thing) == []


def test_the_app_has_its_turn_when_the_os_cannot_be_had():
    wanted = Settings(pythings_version="2.1.0", app_version="2")
    thing = updating(wanted=wanted, by=("stranger",))
    thing.cloud.apps["2"] = {"worker_task.py": "x"}
    rejected(thing)
    thing.wanted = wanted
    assert Update(thing).act() == "committed"
    assert thing.journal.app.version == "2"


def test_a_confirmed_os_raises_the_floor():
    journal = Journal(os=Slot("a", "2.1.0", "", FRESH), offered=2001000, floor=2000000)
    assert journals.confirm_slots(journal)
    assert journal.floor == 2001000
    assert journal.os.trial == PROVEN


def test_the_error_says_who_is_at_fault():
    thing = updating()
    thing.cloud.releases.clear()
    rejected(thing, "there is no file release.txt")


class FullForTheJournal(MemoryStorage):
    full = False

    def replace(self, name, data):
        if self.full and name.startswith("journal"):
            raise DeviceError("disk_full", "no room")
        super().replace(name, data)


def test_a_commit_that_cannot_be_written_is_not_tried_again_at_once():
    thing = updating(storage=FullForTheJournal({"trust": key_list()}))
    thing.storage.full = True
    assert Update(thing).act() == "rejected"
    assert not os_wanted(thing, WANTED, thing.clock.monotonic())
    thing.storage.full = False
    thing.clock.advance(120_000)
    assert os_wanted(thing, WANTED, thing.clock.monotonic())
    thing.wanted = WANTED
    assert Update(thing).act() == "committed"


def test_a_key_list_of_which_a_bit_has_flipped_is_mended_from_its_copy():
    thing = updating()
    trusted(thing)
    good = thing.storage.files["trust"]
    assert thing.storage.files["trust.copy"] == good
    thing.storage.files["trust"] = good[:300] + bytes([good[300] ^ 1]) + good[301:]
    assert Update(thing).act() == "committed"
    assert thing.storage.files["trust"] == good


def test_a_copy_of_which_a_bit_has_flipped_is_not_used():
    thing = updating()
    trusted(thing)
    good = thing.storage.files["trust"]
    for name in ("trust", "trust.copy"):
        thing.storage.files[name] = good[:300] + bytes([good[300] ^ 1]) + good[301:]
    rejected(thing, "(security T")  # which one depends on the key
    del thing.storage.files["trust.copy"]
    thing.held_os.until = 0
    thing.wanted = WANTED
    rejected(thing, "(security T")  # which one depends on the key


def test_without_a_key_list_no_copy_counts():
    thing = updating()
    trusted(thing)
    del thing.storage.files["trust"]
    rejected(thing, "no key list")


def test_a_new_key_list_has_its_copy():
    thing = updating(keys=2)
    thing.cloud.releases["2.1.0"]["keys.2"] = key_list(2)
    assert Update(thing).act() == "committed"
    assert thing.storage.files["trust.copy"] == thing.storage.files["trust"] == key_list(2)


def test_a_cloud_in_trouble_is_no_cloud_without_a_later_key_list():
    thing = updating(by=("stranger",))
    thing.cloud.script("os_file", None, CloudError("trouble", "the cloud has a problem"))
    rejected(thing, "the cloud has a problem")


class Forgetful(MemoryStorage):
    """A flash that loses the content of one file."""

    def received(self, name, pieces):
        super().received(name, pieces)
        if name == "os.a/start.py":
            self.files[name] = b"import px\n"


def test_a_storage_that_does_not_keep_what_is_written():
    rejected(updating(Forgetful({"trust": key_list()})), "does not keep what is written")


def test_the_copy_of_a_key_list_is_never_the_older_one(monkeypatch):
    thing = updating(keys=2)
    thing.cloud.releases["2.1.0"]["keys.2"] = key_list(2)
    replace, seen = thing.storage.replace, []

    def noted(name, data):
        replace(name, data)
        seen.append((thing.storage.files.get("trust"), thing.storage.files.get("trust.copy")))

    monkeypatch.setattr(thing.storage, "replace", noted)
    assert Update(thing).act() == "committed"
    # A power cut may leave any of these behind.
    assert (key_list(1), key_list(2)) in seen
    assert all(copy in (key_list(2), None) for trust, copy in seen if trust == key_list(2))
