"""Keys as their owner makes and changes them, and a Thing's view of them."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from adapters.linux.crypto import LinuxCrypto
from app.cli import keys as command
from app.cli.keys import main
from build.release import signing
from build.release.keystore import PASSWORD, KeyStore
from build.release.signing import ReleaseError, Signer
from build.release.texts import signed
from domain.errors import CloudError
from domain.security import trust
from domain.security.signed import signed as read
from tests.fakes.signers import manifest

CRYPTO = LinuxCrypto()
TEXT = manifest(by=())


@pytest.fixture(autouse=True)
def no_password(monkeypatch):
    monkeypatch.delenv(PASSWORD, raising=False)


@pytest.fixture
def do(tmp_path, capsys):
    """Return `do("new", ...)`: run the command in its own folder; the output, or `!` and why."""

    def act(*arguments):
        status = main(["--keys", str(tmp_path / "keys"), *arguments])
        said = capsys.readouterr()
        assert (status, bool(said.err)) in ((0, False), (1, True))
        assert "PRIVATE" not in said.out + said.err
        return said.out.strip() if status == 0 else "!" + said.err.strip()

    return act


@pytest.fixture
def store(tmp_path):
    return KeyStore(tmp_path / "keys", lambda path: "")


def shown(do):
    return json.loads(do("show", "--json"))


def ids(do, role):
    return [key["id"] for key in shown(do)[role]["keys"]]


def thing_keys(store):
    """Return the keys of a Thing that was given the first list and has seen all others."""
    first, *rest = [path.read_bytes() for path in store.lists]
    keys = trust.first_keys(first, CRYPTO)
    for data in rest:
        keys = trust.next_keys(keys, data, CRYPTO)
    return keys


def accepts(store, signer):
    try:
        thing_keys(store).check(read(signed(TEXT, [signer]), CRYPTO), "release", CRYPTO)
    except CloudError:
        return False
    return True


def private(store, key):
    return store.open(next(store.folder.glob("*-%s.pem" % key)))


def test_new_keys_sign_what_a_thing_takes(do, store):
    assert do("new", "--no-password").endswith("keys.1: what Things are given to trust")
    (release,) = ids(do, "release")
    assert accepts(store, private(store, release))
    assert not accepts(store, private(store, ids(do, "root")[0]))
    assert ids(do, "app") == []
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in store.folder.glob("*.pem")} == {0o600}


def test_they_are_shown(do):
    do("new", "--no-password", "--app", "1")
    text = do("show")
    for role in ("root", "release", "app"):
        (key,) = ids(do, role)
        assert "%-8s %s" % (role, key) in text
    assert "1 must sign" in text


def test_a_rotated_key_counts_no_more_and_the_new_one_does(do, store):
    do("new", "--no-password")
    (before,) = ids(do, "release")
    assert "next OS update" in do("rotate", before, "--no-password")
    (after,) = ids(do, "release")
    assert accepts(store, private(store, after))
    assert not accepts(store, private(store, before))
    assert shown(do)["number"] == 2
    assert shown(do)["revoked"] == []


def test_root_keys_are_rotated_with_the_old_and_the_new_signature(do, store):
    do("new", "--no-password")
    (before,) = ids(do, "root")
    do("rotate", before, "--no-password")
    (after,) = ids(do, "root")
    assert after != before
    do("rotate", ids(do, "release")[0], "--no-password")
    assert thing_keys(store).number == 3


def test_as_many_roots_as_there_may_be_are_rotated(do, store):
    do("new", "--no-password", "--root", "8", "--root-needs", "7")
    assert "next OS update" in do("rotate", ids(do, "root")[0], "--no-password")
    assert thing_keys(store).number == 2


def test_a_list_is_renewed(do, store, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    do("new", "--no-password", "--expires", "10")
    assert shown(do)["expires"] == 1700000000 // 86400 * 86400 + 10 * 86400
    assert "counts until 2023-11-24" in do("show")
    assert "next OS update" in do("renew", "--expires", "20")
    renewed = shown(do)
    assert (renewed["number"], renewed["expires"]) == (2, 1701648000)
    do("renew", "--expires", "0")
    assert shown(do)["expires"] == 0
    assert "counts for ever" in do("show")
    assert thing_keys(store).number == 3


def test_a_revoked_key_counts_no_more(do, store):
    do("new", "--no-password", "--release", "2")
    first, second = ids(do, "release")
    do("revoke", first)
    assert not accepts(store, private(store, first))
    assert accepts(store, private(store, second))
    assert "revoked  " + first in do("show")
    assert "nobody could sign" in do("revoke", second)
    assert "no key %s in force" % first in do("revoke", first)


def test_a_root_key_can_be_elsewhere(do, store, tmp_path):
    do("new", "--no-password", "--root", "2", "--root-needs", "2")
    away = tmp_path / "vault.pem"
    private_half = next(store.folder.glob("root-*.pem"))
    private_half.rename(away)
    (release,) = ids(do, "release")
    assert "is not here" in do("show")
    assert "1 of the 2 root keys" in do("rotate", release, "--no-password")
    assert "next OS update" in do("rotate", release, "--no-password", "--key", str(away))
    wrong = next(store.folder.glob("release-*.pem"))
    (release,) = ids(do, "release")
    assert "not a root key" in do("rotate", release, "--no-password", "--key", str(wrong))


def test_keys_are_encrypted(do, store, monkeypatch):
    assert "set %s" % PASSWORD in do("new")
    monkeypatch.setenv(PASSWORD, "")
    assert "protects nothing" in do("new")
    monkeypatch.setenv(PASSWORD, "open sesame")
    do("new")
    for path in store.folder.glob("*.pem"):
        assert b"BEGIN ENCRYPTED" in path.read_bytes()
    (release,) = ids(do, "release")
    do("rotate", release)
    monkeypatch.setenv(PASSWORD, "another")
    assert "is the password right?" in do("rotate", ids(do, "release")[0])
    monkeypatch.delenv(PASSWORD)
    assert "wants a password" in do("rotate", ids(do, "release")[0])


def test_a_person_is_asked_twice(do, store, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answers = ["one", "two", "one", "one", "one"]
    monkeypatch.setattr("getpass.getpass", lambda prompt: answers.pop(0))
    assert "two passwords" in do("new")
    assert do("new").endswith("to trust")
    assert command.ask(next(store.folder.glob("root-*.pem"))) == "one"


def test_keys_are_never_written_over(do):
    do("new", "--no-password")
    assert "has keys already" in do("new", "--no-password")


@pytest.mark.parametrize("arguments", [("--root-needs", "2"), ("--release", "0")])
def test_thresholds_that_nobody_can_meet(do, arguments):
    assert "cannot sign" in do("new", "--no-password", *arguments)


@pytest.mark.parametrize("count", ["9", "x", "-1"])
def test_no_number_of_keys(do, count):
    with pytest.raises(SystemExit):
        do("new", "--root", count)


def test_no_keys_at_all(do):
    assert "there are no keys" in do("show")


def test_lists_that_do_not_follow_each_other(do, store):
    do("new", "--no-password")
    do("rotate", ids(do, "release")[0], "--no-password")
    store.lists[1].write_bytes(store.lists[0].read_bytes())
    assert "do not follow each other" in do("show")


def test_a_list_that_cannot_be_read(do, store):
    do("new", "--no-password")
    (store.folder / "keys.2").mkdir()
    assert "keys.2 cannot be read" in do("show")


def test_a_role_that_the_list_has_no_key_for(do, store):
    do("new", "--no-password")
    with pytest.raises(ReleaseError, match="keys new --app 1"):
        store.signers(store.current(), "app")


def test_a_list_that_no_thing_would_take_is_not_written(do, store):
    do("new", "--no-password")
    keys = store.current()
    with pytest.raises(ReleaseError, match="would not take"):
        store.write(keys, [])
    assert len(store.lists) == 1


def test_a_folder_that_cannot_be_written(tmp_path, store):
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(ReleaseError, match="cannot be written"):
        store.make("root", "")


def test_a_list_that_cannot_be_written(do, store, monkeypatch):
    do("new", "--no-password")
    keys = store.current()
    keys.number = 2
    signers = store.signers(keys, "root")
    (store.folder / "keys.2").mkdir()
    monkeypatch.setattr(KeyStore, "lists", [store.folder / "keys.1"])
    with pytest.raises(ReleaseError, match="cannot be written"):
        store.write(keys, signers)


def test_files_that_are_no_keys(tmp_path):
    path = tmp_path / "key.pem"
    for call in (signing.encrypted, lambda path: signing.load(path, "")):
        with pytest.raises(ReleaseError, match="cannot be read"):
            call(path)
    path.write_text("no key")
    path.chmod(0o600)
    with pytest.raises(ReleaseError, match="cannot be opened"):
        signing.load(path, "")
    path.chmod(0o644)
    with pytest.raises(ReleaseError, match="chmod 600"):
        signing.load(path, "")


def test_a_key_of_another_size(tmp_path):
    small = generate_private_key(65537, 2048)
    Signer(small).save(tmp_path / "small.pem", "")
    with pytest.raises(ReleaseError, match="no RSA key of 3072 bits"):
        signing.load(tmp_path / "small.pem", "")
