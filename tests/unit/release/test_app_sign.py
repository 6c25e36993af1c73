"""Signed apps, through what a cloud makes of their files."""

from __future__ import annotations

import pytest

from adapters.linux.crypto import LinuxCrypto
from app.commands.app import main, signed
from app.commands.keys import main as keys_command
from build.release.signing import ReleaseError
from domain import trust
from domain.errors import CloudError
from domain.settings import Settings
from domain.update import Update
from tests.fakes.signers import key_list, signer
from tests.fakes.storage import MemoryStorage
from tests.unit.domain.test_update import updating

CRYPTO = LinuxCrypto()
SENSORS = b"try:\n    import sensors\nexcept ImportError:\n    pass\n\n"
SOURCE = b"sign = 1\nclass WorkerTask:\n    def call(self):\n        return 'caf\xc3\xa9'\n"


def served(name, data, version="7"):
    """As the cloud serves it: PROTOCOL of the existing server."""
    head = b"import logger\n" + (SENSORS if "worker" in name else b"")
    return head + data + b"\nversion='%s'" % version.encode()


def check(data, name="worker_task.py", version="7", keys=None):
    keys = trust.Keys(keys or key_list(app=("app",)), CRYPTO)
    trust.check_app(data, name, version, keys, CRYPTO)


def app(name="worker_task.py", source=SOURCE, by=("app",)):
    return signed(name, source, [signer(one) for one in by])


def refused(paragraph, data, **more):
    with pytest.raises(CloudError) as caught:
        check(data, **more)
    assert "(security %s)" % paragraph in caught.value.text


@pytest.mark.parametrize("name", ["worker_task.py", "management_task.py"])
def test_a_signed_file_is_taken(name):
    check(served(name, app(name)), name)
    check(served(name, app(name, SOURCE.rstrip(b"\n"))), name)
    check(served(name, app(name).rstrip(b"\n")), name)
    compile(served(name, app(name)), name, "exec")


def test_signing_again_changes_nothing():
    assert app(source=app()) == app()


def test_what_is_not_signed_or_not_by_an_app_key():
    refused("T10", served("worker_task.py", SOURCE))
    refused("T10", served("worker_task.py", app(by=())))
    refused("T2", served("worker_task.py", app(by=("release",))))
    refused("T2", served("worker_task.py", app(by=("stranger",))))
    revoked = key_list(2, app=("app",), revoked=("app",))
    refused("T2", served("worker_task.py", app()), keys=revoked)


def test_a_tampered_file():
    good = served("worker_task.py", app())
    refused("T2", good.replace(b"sign = 1", b"sign = 2"))
    refused("T10", b"import evil\n" + good)
    refused("T10", good + b"\nimport evil")
    refused("T10", good.replace(b"import sensors", b"import evil   "))
    refused("T1", good.replace(b"\nversion=", b"\nimport evil\n\nversion="))
    refused("T1", good.replace(b"\nversion=", b"\n# sign \xff \xff\n\nversion="))


def test_the_signature_of_another_file():
    refused("T10", served("management_task.py", app("worker_task.py")), name="management_task.py")
    refused("T10", served("worker_task.py", app()), version="8")


def test_a_thing_that_takes_signed_apps_only():
    def updated(files):
        storage = MemoryStorage({"trust": key_list(app=("app",))})
        thing = updating(Settings(app_version="2"), storage)
        thing.cloud.apps["2"] = {"worker_task.py": served("worker_task.py", files, "2").decode()}
        thing.parameters = type(thing.parameters)(aid="a", tid="t", apps="signed")
        return Update(thing).act(), thing

    event, thing = updated(app())
    assert (event, thing.journal.app.version) == ("committed", "2")
    event, thing = updated(SOURCE)
    assert (event, thing.journal.app.version) == ("rejected", "1")
    assert not [name for name in thing.storage.files if name.startswith("app.b")]


# the command


def test_files_are_signed_in_their_place(tmp_path, capsys):
    folder = str(tmp_path / "keys")
    keys_command(["--keys", folder, "new", "--no-password", "--app", "1"])
    path = tmp_path / "worker_task.py"
    path.write_bytes(SOURCE)
    assert main(["sign", str(path), "--keys", folder]) == 0
    check(served(path.name, path.read_bytes()), keys=(tmp_path / "keys" / "keys.1").read_bytes())
    assert main(["sign", str(tmp_path / "none.py"), "--keys", folder]) == 1
    assert main(["sign", str(path), "--keys", str(tmp_path)]) == 1
    assert "there are no keys" in capsys.readouterr().err


def test_line_ends_that_a_cloud_would_change():
    with pytest.raises(ReleaseError, match="use LF"):
        signed("worker_task.py", b"a\r\n", [])
