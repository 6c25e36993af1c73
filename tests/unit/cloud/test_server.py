"""Start, stop, TLS, and the obstacles to each."""

import contextlib
import socket
import ssl
import threading

import pytest
import requests

from app.cloud.certificates import make_certificate
from app.cloud.client import AdminClient, AdminError
from app.cloud.errors import CloudFailure
from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running


def ask(url, token="x", ca=None):
    with contextlib.closing(AdminClient(url, token, ca)) as client:
        return client.apps()


def test_tls_with_our_own_ca(tmp_path):
    with running(tmp_path, tls=True) as cloud:
        assert cloud.ready.url.startswith("https://127.0.0.1:")
        aid = cloud.admin.create_app("Safe")
        pools = cloud.admin.apps()[0]["pools"]
        assert pools["development"]["settings"]["ssl"] is True
        port = cloud.ready.url.rsplit(":", 1)[1]
        reply = requests.post(
            f"https://localhost:{port}/api/v1/things/register/",
            json={"tid": "T", "aid": aid},
            verify=str(cloud.ready.ca),
            timeout=PATIENCE_S,
        )
        assert reply.status_code == 200
        with pytest.raises(AdminError, match="not trusted"):
            ask(cloud.ready.url)
        ca = cloud.ready.ca.read_bytes()
    with running(tmp_path, tls=True) as cloud:
        assert cloud.ready.ca.read_bytes() == ca
        assert cloud.ready.aid == aid
        assert [app["aid"] for app in cloud.admin.apps()] == [aid]


def test_the_certificate_names_the_host(tmp_path):
    certificate = make_certificate(tmp_path / "tls", "cloud.home")
    decode = ssl._ssl._test_decode_cert  # type: ignore[attr-defined]  # nothing public reads one
    context = ssl.create_default_context(cafile=str(certificate.ca))
    names = decode(str(certificate.path))["subjectAltName"]
    assert ("DNS", "cloud.home") in names
    assert ("IP Address", "127.0.0.1") in names
    assert ("IP Address", "0:0:0:0:0:0:0:1") in names
    assert context.cert_store_stats()["x509_ca"] == 1
    for name in ("ca-key.pem", "key.pem"):
        assert (tmp_path / "tls" / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("host", "common"),
    [("192.168.1.5", "192.168.1.5"), ("a" * 63 + ".home", "PythingsOS local cloud")],
)
def test_an_address_is_a_name_too(tmp_path, host, common):
    """mbedTLS before 3.5 compares names only; a common name has 64 characters at the most."""
    made = make_certificate(tmp_path / "tls", host)
    read = ssl._ssl._test_decode_cert(str(made.path))  # type: ignore[attr-defined]
    assert {("DNS", host), ("DNS", "127.0.0.1")} <= set(read["subjectAltName"])
    assert read["subject"] == ((("commonName", common),),)


def test_a_certificate_of_ones_own(tmp_path):
    given = make_certificate(tmp_path / "given", "localhost")
    with running(tmp_path / "data", cert=given.path, key=given.key) as cloud:
        assert cloud.ready.url.startswith("https:")
        assert cloud.ready.ca is None
        token = (tmp_path / "data" / "admin.token").read_text()
        assert ask(cloud.ready.url, token, str(given.ca)) == []


def test_a_certificate_that_is_none(tmp_path):
    (tmp_path / "cert.pem").write_text("none")
    for cert in ("cert.pem", "missing.pem"):
        with (
            pytest.raises(CloudFailure, match="PEM"),
            running(tmp_path / "data", cert=tmp_path / cert, key=tmp_path / cert),
        ):
            pass


def test_a_damaged_ca(tmp_path):
    make_certificate(tmp_path / "tls", "localhost")
    (tmp_path / "tls" / "ca.pem").write_text("none")
    with pytest.raises(CloudFailure, match="Remove the folder"), running(tmp_path, tls=True):
        pass


def test_only_one_cloud_has_the_data(tmp_path):
    with running(tmp_path), pytest.raises(CloudFailure, match="already runs"), running(tmp_path):
        pass


def test_a_port_in_use(cloud, tmp_path):
    port = cloud.wire.address[1]
    with pytest.raises(CloudFailure, match="another --port"), running(tmp_path, port=port):
        pass
    with pytest.raises(CloudFailure, match="no port 99999"), running(tmp_path, port=99999):
        pass


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CloudFailure, match="Choose another folder"), running(tmp_path / "file"):
        pass


def test_a_database_that_is_none(tmp_path):
    (tmp_path / "cloud.db").write_text("not a database, " * 100)
    with pytest.raises(CloudFailure, match="not usable"), running(tmp_path):
        pass


def test_an_address_for_all(tmp_path):
    with running(tmp_path, host="0.0.0.0") as cloud:
        assert cloud.ready.url.startswith("http://127.0.0.1:")


def test_stopping_while_someone_waits_or_is_slow(tmp_path):
    with running(tmp_path) as cloud:
        slow = socket.create_connection(cloud.wire.address)
        slow.sendall(b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: c\r\n")

        def wait():
            with contextlib.suppress(AdminError):  # if it comes too late to be let in
                cloud.admin.events(wait=30)

        waiter = threading.Thread(target=wait)
        waiter.start()
        half = socket.create_connection(cloud.wire.address)
        half.sendall(b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: c\r\nContent-Length: 9\r\n\r\n{")
        assert cloud.wire.request("GET", "/").status == 404
    waiter.join(PATIENCE_S)
    assert not waiter.is_alive()
    for connection in (slow, half):
        assert connection.recv(1) == b""
        connection.close()
    assert not (tmp_path / "admin.json").exists()
