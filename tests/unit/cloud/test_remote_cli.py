"""`pythings cloud --url`: a cloud elsewhere, by an API token that `ps` does not show."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading

import pytest

from app.cli.cloud import main
from tests.unit.cloud.conftest import running

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Yield a cloud with TLS, an app, and tokens of an owner and of a viewer."""
    with running(tmp_path_factory.mktemp("served"), tls=True) as it:
        it.aid = it.admin.create_app("Lamp")
        it.admin.add_person("eve", PASSWORD, owner=True)
        it.tokens = {role: it.admin.make_token("t", role, 9, "eve") for role in ("owner", "viewer")}
        yield it


@pytest.fixture
def ask(served, capsys, monkeypatch):
    """Run a subcommand with a token in the environment; return its status and output."""

    def ask(*arguments, token="owner", url=served.ready.url, ca=True):
        monkeypatch.setenv("PYTHINGS_TOKEN", served.tokens.get(token, token))
        monkeypatch.setenv("PYTHINGS_CLOUD_DATA", "/nowhere")
        trusted = ["--ca", str(served.ready.ca)] if ca else []
        status = main(["--url", url, *trusted, *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return ask


def test_a_cloud_elsewhere_is_managed_by_a_token(ask, served):
    status, out, err = ask("--json", "app", "list")
    assert (status, err) == (0, "")
    assert json.loads(out)[0]["aid"] == served.aid
    assert ask("fleet")[1].startswith("0 Things")
    assert ask("pool", "set", served.aid, "staging", "worker_interval=5", "--json")[0] == 0
    status, out, err = ask("pool", "set", served.aid, "staging", "ssl=true", token="viewer")
    assert (status, out) == (1, "")
    assert "a viewer of this app may not do this" in err


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (("app", "create", ""), "an app's name has 1 to 200 characters: not only blanks, and no"),
        (("app", "create", "a\x1b[2J"), "and no control characters"),
        (("token", "create", " "), "a name has 1 to 64 letters"),
        (("thing", "replace", "t", ""), "by must be another id, of 1 to 36 characters"),
    ],
)
def test_a_bad_name_is_refused_in_a_sentence(ask, line, sentence):
    status, out, err = ask(*line)
    assert (status, out) == (1, "")
    assert sentence in err


def test_a_token_in_a_file_of_ones_own(ask, served, tmp_path):
    file = tmp_path / "token"
    file.write_text(served.tokens["owner"] + "\n")
    file.chmod(0o640)
    status, _, err = ask("app", "list", "--token-file", str(file), token="")
    assert (status, f"chmod 600 {file}" in err) == (1, True)
    file.chmod(0o600)
    assert ask("app", "list", "--token-file", str(file), token="wrong")[0] == 0
    file.write_text("")
    assert "Give an API token" in ask("app", "list", "--token-file", str(file))[2]
    assert "Cannot read a token" in ask("app", "list", "--token-file", str(tmp_path))[2]


@pytest.mark.parametrize("token", ["", " ", "two words", "é", "x" * 201])
def test_what_is_no_token_is_not_sent(ask, token):
    status, _, err = ask("app", "list", token=token)
    assert status == 1
    assert "`pythings cloud token create` makes one" in err


def test_a_wrong_token(ask):
    assert "the token is missing or wrong" in ask("app", "list", token="wrong")[2]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://cloud.example.org", "is not https://: all on the way"),
        ("http://192.0.2.1:8000", "is not https://"),
        ("https://eve:secret@cloud.example.org", "must not hold a password"),
        ("cloud.example.org", "is no URL of a cloud"),
        ("https://", "is no URL of a cloud"),
        ("https://[", "is no URL of a cloud"),
        ("https://a:99999", "is no URL of a cloud"),
        ("ftp://localhost", "is no URL of a cloud"),
        ("http://localhost:1", "No answer from the cloud at http://localhost:1. Is that its"),
    ],
)
def test_urls_that_get_no_token(ask, url, told):
    status, out, err = ask("app", "list", url=url, ca=False)
    assert (status, out) == (1, "")
    assert told in err
    assert "secret" not in err


def test_a_certificate_that_is_not_trusted(ask):
    assert "is not trusted. Give the path of its CA" in ask("app", "list", ca=False)[2]
    assert (
        "Cannot read /nowhere/ca.pem (No such file or directory)"
        in ask("app", "list", "--ca", "/nowhere/ca.pem")[2]
    )


def test_options_of_another_kind(ask, capsys):
    for words in (["backup", "f"], ["restore", "f"], ["migrate"], []):
        assert "leave out --url" in ask(*words)[2]
    assert main(["app", "list", "--token-file", "f", "--data", "/nowhere"]) == 1
    assert "are for a cloud at --url" in capsys.readouterr().err


@contextlib.contextmanager
def other_server(status, **headers):
    """Run a web server that is no cloud; yield its URL and the tokens that it was sent."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers["Authorization"])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def test_a_server_that_is_no_cloud(ask):
    with other_server(200, Content_Type="text/html") as (url, _):
        assert "there is a web page, and no cloud" in ask("app", "list", url=url, ca=False)[2]
    with other_server(200, Content_Type="application/json") as (url, _):
        assert "No answer from the cloud" in ask("app", "list", url=url, ca=False)[2]


def test_a_token_follows_no_redirect(ask):
    with (
        other_server(200) as (other, seen),
        other_server(302, Location=other, Content_Length="0") as (url, _),
    ):
        status, _, err = ask("app", "list", url=url, ca=False)
        assert (status, f"{url} redirects to {other}" in err) == (1, True)
        assert seen == []
