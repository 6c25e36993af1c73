"""API v1 to the byte, of two workers on PostgreSQL, behind haproxy with the settings of `deploy/`.

The tests are those of each call, which begin in their own files with a cloud of one process.
"""

from __future__ import annotations

from types import FunctionType, ModuleType, SimpleNamespace

import pytest

from tests import haproxy
from tests.unit.cloud import (
    crews,
    test_app_files,
    test_encrypted,
    test_management,
    test_os_files,
    test_register,
    test_report,
    test_transport,
    test_worker,
)
from tests.unit.cloud.conftest import make_dist
from tests.unit.cloud.wire import Wire

pytestmark = pytest.mark.slow

# haproxy itself answers bytes that are no HTTP, and ends the connections of its clients.
_ITS_OWN = {
    "test_a_body_over_the_bound_is_not_read",
    "test_a_client_that_leaves_before_its_body_is_there",
    "test_a_length_that_cuts_the_json_closes_the_connection",
    "test_what_is_not_http",
}


@pytest.fixture(scope="module")
def cloud(postgresql, tmp_path_factory):
    """Yield a proxied cloud in place of the one shared by all tests."""
    data, dist = tmp_path_factory.mktemp("cloud"), tmp_path_factory.mktemp("dist")
    make_dist(dist)
    more = ("--dist", str(dist), "--rate", "0", "--trusted-proxy", "127.0.0.1")
    with crews.started(data, postgresql.database(), *more) as crew:
        address = crew.url.partition("//")[2]
        with haproxy.running(address) as proxy:
            ready = SimpleNamespace(modulus=crew.admin.key())
            yield SimpleNamespace(ready=ready, wire=Wire(proxy.url), admin=crew.admin, data=data)


def _through(module: ModuleType) -> None:
    """Take over a module's tests that use the shared cloud, and their fixtures."""
    for name, it in vars(module).items():
        if name == "version":
            globals()[name] = it
        elif name.startswith("test_") and name not in _ITS_OWN and not _own(it):
            globals()[f"{module.__name__.rpartition('.')[2]}_{name[5:]}"] = it


def _own(test: FunctionType) -> bool:
    """Decide whether a test starts a cloud of its own."""
    return "tmp_path" in test.__code__.co_varnames[: test.__code__.co_argcount]


for _module in (
    test_app_files,
    test_encrypted,
    test_management,
    test_os_files,
    test_register,
    test_report,
    test_transport,
    test_worker,
):
    _through(_module)
