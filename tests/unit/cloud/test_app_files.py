"""apps/get: the files of an app, and the additions of the cloud."""

import pytest

from tests.unit.cloud.wire import LOST, NO_TOKEN, TROUBLE

FILES = {"worker_task.py": "w = 'é'\n", "management_task.py": "m = 1", "a.py": ""}
SENSORS = "try:\n    import sensors\nexcept ImportError:\n    pass\n\n"


@pytest.fixture
def version(admin, aid):
    return admin.commit(aid, FILES, "1001")


def test_list_in_the_order_committed(thing, version):
    answer = thing.call("apps/get/", version=version, list=True)
    assert answer.body == b'["worker_task.py","management_task.py","a.py"]'
    assert answer.header("Content-Type") == "application/json"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("worker_task.py", f"import logger\n{SENSORS}w = 'é'\n\nversion='1001'"),
        ("management_task.py", "import logger\nm = 1\nversion='1001'"),
        ("a.py", "import logger\n\nversion='1001'"),
        ("unknown.py", "import logger\n"),
        ("my_worker.py", f"import logger\n{SENSORS}"),
        (5, "import logger\n"),
        (None, "import logger\nw = 'é'\nm = 1\nversion='1001'"),
    ],
)
def test_files(thing, version, name, text):
    answer = thing.call("apps/get/", version=version, file_name=name, platform="ignored")
    assert (answer.status, answer.body) == (200, text.encode())
    assert answer.header("Content-Type") == "text/html; charset=utf-8"


@pytest.mark.parametrize("version", [None, "7", 7, ""])
def test_an_unknown_version(thing, version):
    for fields in ({"list": True}, {"file_name": "worker_task.py"}, {}):
        answer = thing.call("apps/get/", version=version, **fields)
        assert (answer.status, answer.body) == (500, TROUBLE)


def test_tokens(wire):
    answer = wire.post("apps/get/", {"version": "1", "list": True})
    assert (answer.status, answer.json()) == (400, NO_TOKEN)
    answer = wire.post("apps/get/", {"token": "x", "version": "1"})
    assert (answer.status, answer.json()) == (401, LOST)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("&file=worker_task.py", "w = 'é'\n\nversion='1001'"),
        ("&file=unknown.py", ""),
        ("", "import logger\nw = 'é'\nm = 1\nversion='1001'"),
    ],
)
def test_the_legacy_get(wire, thing, version, query, text):
    path = f"/api/v1/apps/get/?token={thing.token}&version={version}{query}"
    answer = wire.request("GET", path)
    assert (answer.status, answer.body) == (200, text.encode())
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    head = wire.request("HEAD", path)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("query", ["", "token=x&version=1", "token=x"])
def test_the_legacy_get_stumbles_over_its_errors(wire, query):
    answer = wire.request("GET", f"/api/v1/apps/get/?{query}")
    assert (answer.status, answer.body) == (500, TROUBLE)
