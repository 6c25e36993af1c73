"""The files in `deploy/` start the existing commands, with no rights beyond that."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cloud.cli.parser import parser
from app.cloud.cli.serve import serve
from tests import haproxy
from tests.patience import PATIENCE_S
from tests.unit.cloud.wire import Wire

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "pythings-cloud.service"
yaml = pytest.importorskip("yaml")


def values(name):
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(name + "=")]


def instructions(name):
    """Return the arguments of each `name` instruction in the Dockerfile."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    return [line.partition(" ")[2] for line in text.splitlines() if line.startswith(name + " ")]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def clouds(compose):
    return [it for name, it in compose["services"].items() if name.startswith("cloud-")]


def test_it_starts_the_cloud():
    (command,) = values("ExecStart")
    program, cloud, *arguments = shlex.split(command)
    assert (Path(program).name, cloud) == ("pythings", "cloud")
    args = parser().parse_args(arguments)
    assert args.run is serve
    assert str(args.data) == f"/var/lib/{values('StateDirectory')[0]}"
    assert args.host == "127.0.0.1"


def analyzed(*arguments):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze")
    done = subprocess.run([analyze, *arguments], capture_output=True, text=True)
    if "--offline" in done.stderr:
        pytest.skip("this systemd-analyze reads no files")
    return done


def test_it_is_let_do_little():
    done = analyzed("security", "--offline=yes", "--threshold=20", str(UNIT))
    assert done.returncode == 0, done.stdout[-300:]


def test_systemd_understands_all_of_it(tmp_path):
    (command,) = values("ExecStart")
    unit = tmp_path / UNIT.name
    program = command.split()[0]  # is not installed here
    text = UNIT.read_text(encoding="utf-8").replace(program, shutil.which("true") or "/bin/true")
    unit.write_text(text, encoding="utf-8")
    done = analyzed("verify", str(unit))
    assert done.returncode == 0, done.stderr
    assert UNIT.name not in done.stderr  # remarks on other units do not concern us


def test_both_clouds_are_started_as_one_would(compose, monkeypatch):
    (entry,) = map(json.loads, instructions("ENTRYPOINT"))
    assert entry[:4] == ["python", "-m", "app.cli", "cloud"]
    assert len(clouds(compose)) == 2
    for cloud in clouds(compose):
        for name, value in cloud["environment"].items():
            monkeypatch.setenv(name, value)
        args = parser().parse_args([*entry[4:], *cloud["command"]])
        assert args.run is serve
        assert args.json
        assert args.host == "0.0.0.0"
        assert args.database == cloud["environment"]["PYTHINGS_DATABASE"]
        proxy = compose["services"]["proxy"]["networks"]["inside"]["ipv4_address"]
        assert args.trusted_proxy == [proxy]
        mounted = {volume.split(":")[1] for volume in cloud["volumes"]}
        assert {str(args.data), str(args.store_key.parent), str(args.key_pair.parent)} == mounted
        assert str(args.owner_password_file) == f"/run/secrets/{cloud['secrets'][0]}"


def test_the_database_is_the_one_beside_them(compose):
    database = compose["services"]["database"]
    given = database["environment"]
    for cloud in clouds(compose):
        url = cloud["environment"]["PYTHINGS_DATABASE"]
        password = given["POSTGRES_PASSWORD"]
        assert url == (
            f"postgresql+psycopg://{given['POSTGRES_USER']}:{password}@database/"
            f"{given['POSTGRES_DB']}"
        )
        assert re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?[^}]+\}", password)  # none: it does not start


def test_names_are_of_what_there_is(compose):
    for service in compose["services"].values():
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        assert set(service["networks"]) <= set(compose["networks"])
        for name in service.get("depends_on", ()):
            assert "healthcheck" in compose["services"][name]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file()
    build = clouds(compose)[0]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    assert (DEPLOY / "Dockerfile.dockerignore").is_file()


def test_the_proxy_is_told_all_that_it_asks_for(compose, monkeypatch):
    text = haproxy.CONFIGURATION.read_text(encoding="utf-8")
    given = compose["services"]["proxy"]["environment"]
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(given)
    program = haproxy.program()
    if program is None:
        pytest.skip("there is no haproxy on this machine")
    for name, value in given.items():
        monkeypatch.setenv(name, re.sub(r"^cloud-\d", "127.0.0.1", value))
    command = [program, "-c", "-f", str(haproxy.CONFIGURATION)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_image_has_what_the_cloud_needs(tmp_path):
    """Copy only the files that are not ignored to a folder of their own; the cloud serves there."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (line[1:] for line in lines if line.startswith("!")):
        target = tmp_path / "image" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    for copied in instructions("COPY"):
        assert (tmp_path / "image" / copied.split()[0]).exists()
    command = [sys.executable, "-m", "app.cli", "cloud", "--data", str(tmp_path / "data"), "--json"]
    more = ["--port", "0", "--key-pair", str(tmp_path / "keys" / "srsa.json")]
    with subprocess.Popen(
        [*command, "serve", *more], cwd=tmp_path / "image", stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        try:
            url = json.loads(process.stdout.readline())["url"]
            assert Wire(url).request("GET", "/readyz").status == 200
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    assert (tmp_path / "keys" / "srsa.json").exists()
