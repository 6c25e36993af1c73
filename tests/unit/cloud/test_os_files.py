"""pythings/get: OS releases from a folder, and nothing else from it."""

import pytest

from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import LOST, NO_TOKEN, Thing


def ask(thing, **fields):
    return thing.call("pythings/get/", **{"version": "v9", "platform": "Python", **fields})


def refused(answer, version="v9", platform="Python"):
    text = f"Could not find platform '{platform}' or version '{version}'."
    return answer.status == 404 and answer.json() == f"Hi, Pythings Cloud here. {text}"


def test_list(thing):
    answer = ask(thing, list=True)
    assert answer.body == (b'{"api.py":"13","version.py":"15","empty.py":"0","lib/deep.py":"12"}')


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("api.py", b"a = 1\nb = 2\n"),
        ("version.py", b"version = 'v9'\n"),
        ("lib/deep.py", b"deep = True\n"),
        ("empty.py", b""),
        ("files.txt", None),
    ],
)
def test_files(thing, name, body):
    answer = ask(thing, file_name=name)
    assert answer.status == 200
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert body is None or answer.body == body


@pytest.mark.parametrize(
    "name",
    [
        "missing.py",
        "code.mpy",
        "lib",
        "",
        None,
        "../../../secret",
        "lib/../../../../secret",
        "/etc/passwd",
        "out.py",
        "loop.py",
        "a\0b",
        "x" * 300,
        "..",
    ],
)
def test_what_is_not_a_text_file_in_the_release(thing, name):
    assert refused(ask(thing, file_name=name))


@pytest.mark.parametrize("name", ["..", ".", "../..", "a/b", "v9/Python/..", "/etc"])
def test_versions_and_platforms_that_are_paths(thing, name):
    for fields in ({"list": True}, {"file_name": "secret"}, {"file_name": "passwd"}):
        assert refused(ask(thing, version=name, **fields), version=name)
        assert refused(ask(thing, platform=name, **fields), platform=name)


def test_releases_that_are_not_there(thing):
    assert refused(ask(thing, version="v8", list=True), version="v8")
    assert refused(ask(thing, version="v7", list=True), version="v7")
    assert refused(ask(thing, platform="esp32", list=True), platform="esp32")


def test_tokens_and_fields(wire, thing):
    answer = wire.post("pythings/get/", {"version": "v9", "platform": "Python"})
    assert (answer.status, answer.json()) == (400, NO_TOKEN)
    assert thing.call("pythings/get/", version="v9").status == 400
    assert thing.call("pythings/get/", platform="Python").status == 400
    answer = wire.post("pythings/get/", {"token": "x", "version": "v9", "platform": "Python"})
    assert (answer.status, answer.json()) == (401, LOST)


def test_without_a_folder_of_releases(tmp_path):
    with running(tmp_path) as cloud:
        thing = Thing(cloud.wire, cloud.admin.account_id())
        thing.register()
        assert refused(ask(thing, list=True))
