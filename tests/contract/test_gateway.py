"""The gateway keeps the cloud's contract over real sockets, with and without TLS."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

import pytest

from adapters.cloud.gateway import Gateway
from adapters.linux.crypto import LinuxCrypto
from app.boards import linux
from ports.cloud import CloudApi
from tests.contract import check_cloud
from tests.unit.cloud.conftest import running


@pytest.mark.parametrize("check", check_cloud.CHECKS)
@pytest.mark.parametrize("tls", [False, True])
def test_contract(check, tls: bool, tmp_path) -> None:
    with contextlib.ExitStack() as stack:
        folders = (tmp_path / str(number) for number in itertools.count())
        check(lambda: stack.enter_context(_gateway(next(folders), tls)))


@contextlib.contextmanager
def _gateway(data, tls: bool) -> Iterator[CloudApi]:
    """Yield a gateway to a new cloud that has the contract's app and message."""
    with running(data, tls=tls) as cloud:
        identity = check_cloud.IDENTITY
        cloud.admin.create_app("Contract", aid=identity["aid"])
        cloud.admin.commit(identity["aid"], check_cloud.APP, check_cloud.VERSION)
        gateway = Gateway(linux.by_sockets(cloud.ready.ca and str(cloud.ready.ca)), LinuxCrypto())
        gateway.use(cloud.ready.url.split("//")[1], tls)
        gateway.register(identity, False, 0)  # so that the cloud knows it
        cloud.admin.send_message(identity["tid"], check_cloud.MESSAGE)
        gateway.forget()
        yield gateway
        gateway.forget()
