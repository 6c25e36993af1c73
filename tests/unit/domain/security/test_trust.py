"""Each refusal by its name, and by the paragraph of docs/security.md that asks for it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.linux.crypto import LinuxCrypto
from adapters.micropython import rsa
from build.release.texts import ReleaseFile, signed
from domain.errors import CloudError
from domain.health.journal import Journal
from domain.os_update.manifest import MAX_SIZE, RELEASE, Release, number_of
from domain.security import signed as texts
from domain.security import trust
from domain.security.signed import MAX_SIGNATURES, MAX_TEXT, digest_text
from tests.fakes.signers import EXPIRES, FILES, key_list, manifest, signer

CRYPTO = LinuxCrypto()


class BoardCrypto(LinuxCrypto):
    """A board's verification, which needs nothing but integers."""

    def verify(self, modulus, signature, digest):
        return rsa.verify(modulus, signature, digest)


NOW = EXPIRES - 1000


@pytest.fixture(params=[LinuxCrypto, BoardCrypto])
def crypto(request):
    """Return the crypto that a Linux Thing verifies with, or a board's."""
    return request.param()


def keys_of(data, crypto=CRYPTO):
    return trust.first_keys(data, crypto)


def read(data, keys, crypto=CRYPTO):
    """Read a release as the installer does: first the signatures, and only then the contents."""
    text = texts.signed(data, crypto)
    keys.check(text, "release", crypto)
    release = Release(text.size, text.digest, crypto)
    list(release.files(data.split(b"\n")))
    return release


def check(data, keys=None, crypto=CRYPTO, platform="Fake", abi="mpy6", now=NOW):
    release = read(data, keys or keys_of(key_list(), crypto), crypto)
    release.check(platform, abi, now)
    return release


def check_version(data, wanted="2.1.0", running="2.0.0", floor=0, number=0):
    journal = Journal(floor=floor, number_os=number)
    read(data, keys_of(key_list())).check_version(wanted, running, journal)


def refused(paragraph, call, *arguments, **more):
    with pytest.raises(CloudError) as caught:
        call(*arguments, **more)
    assert caught.value.code == "untrusted"
    assert "(security %s)" % paragraph in caught.value.text, caught.value.text
    return caught.value.text


def changed(data, old, new):
    assert old in data
    return data.replace(old, new)


def test_a_release_that_is_signed_for_this_board_is_taken(crypto):
    release = check(manifest(), crypto=crypto)
    assert release.version == "2.1.0"
    assert release.keys == 1
    check_version(manifest())


def by_name(file):
    return file.name


def digest(data):
    return digest_text(hashlib.sha256(data).digest())


# one by one, the texts that must be refused


def test_a_tampered_manifest(crypto):
    data = changed(manifest(), b"replaces 0.0.0", b"replaces 0.0.1")
    assert "not over this text" in refused("T2", check, data, crypto=crypto)


def test_a_tampered_digest(crypto):
    data = changed(manifest(), digest(FILES[0].data).encode(), digest(b"evil").encode())
    refused("T2", check, data, crypto=crypto)


def test_a_wrong_key(crypto):
    text = refused("T2", check, manifest(by=("stranger",)), crypto=crypto)
    assert "not signed by a key that this Thing trusts" in text


def test_a_wrong_key_under_the_name_of_the_right_one(crypto):
    line = signer("stranger").sign(manifest().split(b"sign ")[0])
    ids = signer("stranger").id.encode(), signer("release").id.encode()
    refused("T2", check, manifest(by=()) + changed(line, *ids), crypto=crypto)


def test_a_root_key_does_not_sign_releases():
    refused("T2", check, manifest(by=("root",)))


def test_a_revoked_key():
    keys = keys_of(key_list(2, release=("other", "release"), revoked=("release",)))
    assert "revoked" in refused("T2", check, manifest(), keys)
    check(manifest(by=("other",)), keys)


def test_too_few_signatures():
    keys = keys_of(key_list(release=("release", "other"), needs=2))
    check(manifest(by=("other", "release")), keys)
    assert "1 of the 2" in refused("T2", check, manifest(), keys)
    refused("T1", check, manifest(by=("release", "release")), keys)


def test_more_signatures_than_there_may_be():
    strangers = tuple("stranger%d" % one for one in range(MAX_SIGNATURES))
    check(manifest(by=(*strangers[1:], "release")))
    refused("T1", check, manifest(by=(*strangers, "release")))
    refused("T1", check, manifest(by=("release", *strangers)))


def test_an_expired_manifest():
    check(manifest(), now=EXPIRES)
    refused("T7", check, manifest(), now=EXPIRES + 1)


def test_without_a_clock_a_manifest_does_not_expire():
    check(manifest(expires=1), now=None)


def test_an_older_version():
    refused("T5", check_version, manifest("1.9.9"), wanted="1.9.9")
    refused("T5", check_version, manifest(), running="2.1.1")


def test_older_than_what_ran_before_the_factory_had_to_help():
    check_version(manifest(), floor=2001000)
    refused("T5", check_version, manifest(), floor=2001001)


def test_another_version_than_the_one_that_is_wanted():
    """Freeze, and mix and match."""
    refused("T5", check_version, manifest("2.0.9"), wanted="2.1.0")


def test_a_version_in_between_is_missing():
    data = manifest(replaces="2.0.5")
    check_version(data, running="2.0.5")
    assert "2.0.5" in refused("T5", check_version, data, running="2.0.4")


def test_a_manifest_for_another_board():
    refused("T6", check, manifest(), platform="esp8266")
    refused("T6", check, manifest(), platform="esp")


def test_a_manifest_for_another_abi():
    refused("T6", check, manifest(), abi="mpy5")


@pytest.mark.parametrize("cut", [1, 2, 100, 600, 700, 800, 10_000])
def test_a_truncated_list(cut):
    data = manifest()
    refused("T1", check, data[: -min(cut, len(data))])


def test_a_list_without_one_of_its_files():
    lines = manifest().split(b"\n")
    del lines[8]
    refused("T2", check, b"\n".join(lines))


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/../../x", "/etc/passwd", "a//b", "a/", "./a", ".hidden", "a/.b", ""),
        *("a\\b", "a:b", "main.py", "boot.py", "loader.mpy", "release.txt", "loader/x.py"),
        *("a/b/c/d/e", "x" * 49, "~", "main"),
    ],
)
def test_a_path_that_leaves_the_slot(name):
    refused("T8", check, manifest(files=(ReleaseFile(name, b""),)))


def test_a_file_that_is_there_twice():
    refused("T8", check, manifest(files=(ReleaseFile("a", b"1"), ReleaseFile("a", b"2"))))


def test_files_that_are_not_in_order():
    first, second, third = [b"f %s " % file.name.encode() for file in sorted(FILES, key=by_name)]
    data = changed(changed(manifest(by=()), first, b"f zz "), third, first)
    refused("T8", check, signed(data, [signer("release")]))
    assert second < third


def test_a_file_that_no_board_has_room_for():
    big = ReleaseFile("a", bytes(MAX_SIZE + 1))
    refused("T1", check, manifest(files=(big,)))


def test_the_signature_of_another_file():
    theirs = key_list().split(b"sign ")[1]
    refused("T2", check, manifest(by=()) + b"sign " + theirs)
    app = signed(b"x = 1\n", [signer("release")]).split(b"sign ")[1]
    refused("T2", check, manifest(by=()) + b"sign " + app)


def test_a_text_of_another_kind():
    data = signed(key_list(by=()), [signer("release")])
    refused("T1", check, data)
    refused("T1", keys_of, manifest())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"keys 1", b"keys x"),
        (b"keys 1\n", b""),
        (b"keys 1", b"keys 1\nkeys 1"),
        (b"keys 1", b"surprise 1"),
        (b"keys 1", b"keys"),
        (b"keys 1", b"keys 1\nf a 1 b"),
        (b"keys 1", b"keys 1\nf a one %s t" % digest(b"").encode()),
        (b"keys 1", b"keys 1234567890123"),
        (b"keys 1", b"keys \x7f"),
        (b"keys 1", "keys \u0661".encode()),
        (b"expires ", b"expires -"),
        (b"expires ", b"expires\t"),
    ],
)
def test_a_text_that_says_something_else(old, new):
    data = signed(changed(manifest(by=()), old, new), [signer("release")])
    refused("T1", check, data)


def test_the_line_that_does_not_belong_there_is_named():
    surprise = changed(manifest(by=()), b"keys 1", b"surprise 1")
    text = refused("T1", check, signed(surprise, [signer("release")]))
    assert "it has the line 'surprise'" in text
    text = refused("T1", check, signed(manifest(by=()) + b"g a\n", [signer("release")]))
    assert "it has the line 'g'" in text


def test_what_has_changed_since_it_was_verified_is_refused(crypto):
    data = manifest(by=())
    release = Release(len(data), bytes(32), crypto)
    text = refused("T1", lambda: list(release.files(data[:-1].split(b"\n"))))
    assert "it has changed since it was verified" in text


@pytest.mark.parametrize("line", ["f a 1 short t", "f a 1 %s z" % digest(b""), "f b 300000 %s t"])
def test_a_line_that_is_none(line):
    line = line if "%s" not in line else line % digest(b"")
    data = signed(manifest(by=()) + line.encode() + b"\n", [signer("release")])
    refused("T1", check, data)


def test_signatures_that_are_none():
    release = manifest(by=())
    refused("T1", check, release + b"sign\n")
    refused("T1", check, release + b"sign x\n")
    refused("T1", check, manifest() + b"more x y\n")
    refused("T1", check, release + b"sign %s A\n" % signer("release").id.encode())
    refused("T1", check, release + b"sign %s \n" % signer("release").id.encode())


def test_a_manifest_that_ends_early():
    """Signed by the right key: it does not say all that it has to."""
    lines = manifest(by=()).split(b"\n")
    for count in range(1, 7):
        text = b"\n".join(lines[:count]) + b"\n"
        refused("T1", check, signed(text, [signer("release")]))
    refused("T1", check, signed(text.replace(b"release 1", b"release 2"), [signer("release")]))


def test_a_text_that_does_not_fit():
    data = manifest(files=tuple(ReleaseFile("f%d" % one, b"") for one in range(300)))
    assert len(data) > MAX_TEXT
    refused("T1", check, data)


# key lists


def test_the_next_list_brings_other_keys(crypto):
    first = keys_of(key_list(), crypto)
    second = trust.next_keys(first, key_list(2, release=("other",), revoked=("release",)), crypto)
    assert second.number == 2
    check(manifest(by=("other",)), second)
    refused("T2", check, manifest(), second)


def test_a_list_that_a_stranger_or_a_release_key_has_signed():
    first = keys_of(key_list())
    refused("T2", trust.next_keys, first, key_list(2, by=("stranger",)), CRYPTO)
    refused("T2", trust.next_keys, first, key_list(2, by=("release",)), CRYPTO)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_list_out_of_turn(number):
    refused("T3", trust.next_keys, keys_of(key_list()), key_list(number), CRYPTO)


def test_the_roots_change_when_old_and_new_agree():
    first = keys_of(key_list())
    both = key_list(2, root=("other",), by=("root", "other"))
    second = trust.next_keys(first, both, CRYPTO)
    refused("T2", trust.next_keys, first, key_list(2, root=("other",), by=("root",)), CRYPTO)
    refused("T2", trust.next_keys, first, key_list(2, root=("other",), by=("other",)), CRYPTO)
    refused("T2", trust.next_keys, second, key_list(3, by=("root",)), CRYPTO)


def test_roots_have_a_threshold_too():
    first = keys_of(key_list(root=("root", "other"), root_needs=2, by=("root", "other")))
    by_one = key_list(2, root=("root", "other"), root_needs=2)
    refused("T2", trust.next_keys, first, by_one, CRYPTO)
    by_both = key_list(2, root=("root", "other"), root_needs=2, by=("root", "other"))
    trust.next_keys(first, by_both, CRYPTO)


@pytest.mark.parametrize(
    "line", ["key", "key boss AAAA", "key root AAA", "needs root", "needs boss 1", "number", "hm x"]
)
def test_a_key_list_that_says_something_else(line):
    data = signed(key_list(by=()) + line.encode() + b"\n", [signer("root")])
    refused("T1", keys_of, data)


def test_a_key_that_is_too_small_to_be_one():
    weak = signed(key_list(by=()) + b"key root AAAA\n", [signer("root")])
    refused("T1", keys_of, weak)


def test_nobody_needed_is_one_at_least():
    text = changed(key_list(by=()), b"needs release 1", b"needs release 0")
    keys = keys_of(signed(text, [signer("root")]))
    refused("T2", check, manifest(by=("stranger",)), keys)


# parsers never raise anything else


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.builds(lambda at: at, st.binary(max_size=60)))
@example(b"")
@example(b"\nsign ")
@example(b"pythings-release 1\nsign \n")
@example(b"pythings-release 1\n\nsign a b\n")
def test_garbage_is_refused(data):
    for text in (data, RELEASE.encode() + b" 1\n" + data + b"\nsign 0123456789abcdef QUFB\n"):
        with pytest.raises(CloudError):
            check(text)
        with pytest.raises(CloudError):
            keys_of(text.replace(b"release", b"keys"))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_changed_byte_is_refused(data):
    good = manifest()
    end = good.rindex(b" ") + 512  # behind it is the padding of base64, and the end of the line
    at = data.draw(st.integers(0, end - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != good[at]))
    with pytest.raises(CloudError):
        check(good[:at] + bytes([byte]) + good[at + 1 :])


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999), st.sampled_from(["", "rc1"]))
def test_versions_are_ordered(major, minor, patch, more):
    number = (major * 1000 + minor) * 1000 + patch
    assert number_of("%d.%d.%d%s" % (major, minor, patch, more)) == number
    assert number_of("v%d.%d.%d" % (major, minor, patch)) == number


def test_versions_that_are_short_long_or_none():
    found = [number_of(one) for one in ("2", "2.1", "2.0.0.dev0", "Unknown", "", "1.5000.1")]
    assert found == [2000000, 2001000, 2000000, 0, 0, 1999001]


def test_each_refusal_is_a_paragraph_of_the_documentation():
    root = Path(__file__).resolve().parents[4]
    texts = [path.read_text() for path in (root / "domain").rglob("*.py")]
    cited = set(re.findall(r'refused\("(T\d+)"', "".join(texts)))
    described = set(re.findall(r"\*\*(T\d+)", (root / "docs/security.md").read_text()))
    assert cited <= described
    assert len(described) >= 8
