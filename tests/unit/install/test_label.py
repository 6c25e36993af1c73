"""`pythings label`: which files make a sheet, and the code that a phone reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from segno import helpers

from app import cli
from app.cli import label


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Return a function that makes a sheet of a text: (status, stderr, the sheet or "")."""

    def call(text: bytes) -> tuple[int, str, str]:
        things, out = tmp_path / "things.csv", tmp_path / "sheet.html"
        things.write_bytes(text)
        status = cli.main(["label", str(things), "--out", str(out)])
        return status, capsys.readouterr().err, out.read_text() if out.exists() else ""

    return call


def test_each_thing_has_a_code_to_join_it(made, tmp_path) -> None:
    status, err, sheet = made(b'\xef\xbb\xbftid,password\nA1,abcdefgh\n<b>,"x;y\'z""123"\n')
    assert (status, err) == (0, "")
    code = helpers.make_wifi(ssid="Thing_A1", password="abcdefgh", security="WPA")
    assert code.svg_inline(omitsize=True, border=2) in sheet
    assert sheet.count("<svg") == 2
    assert "<b>&lt;b&gt;</b>" in sheet and "x;y&#x27;z&quot;123" in sheet
    assert "http" not in sheet.replace("http://192.168.4.1", "").replace("http://www.w3.org", "")
    assert (tmp_path / "sheet.html").stat().st_mode & 0o777 == 0o600
    assert made(b"tid,password\nA1,abcdefgh\n")[2].count("<svg") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "has 0 Things - a sheet has 1 to 1000"),
        (b"tid,password\n" + b"A,abcdefgh\n" * 1001, "has 1001 Things"),
        (b"tid,password\nA,abcdefgh\nB\n", "line 3: the password has 8 to 63 letters - the first"),
        (b"A,abcdefgh\nB,abcdefgh\n", "line 2: there is no tid"),
        (b"tid,password\n" + b"A" * 37 + b",abcdefgh\n", "line 2: there is no tid"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8 text"),
    ],
)
def test_a_file_that_makes_no_sheet(text, says, made) -> None:
    status, err, sheet = made(text)
    assert (status, sheet) == (1, "")
    assert says in err


def test_places_that_cannot_be_used(tmp_path, capsys) -> None:
    assert cli.main(["label", str(tmp_path / "missing")]) == 1
    assert "missing cannot be read: No such file" in capsys.readouterr().err
    things = tmp_path / "things.csv"
    label.note(things, "A1", "of the first try")
    label.note(things, "A1", "abcdefgh")
    label.note(things, "B,1", "abcdefgh")
    assert label.read(things) == [("A1", "abcdefgh"), ("B,1", "abcdefgh")]
    assert things.stat().st_mode & 0o777 == 0o600
    assert cli.main(["label", str(things), "--out", str(tmp_path / "no" / "sheet")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(label.LabelError, match="cannot be written"):
        label.note(tmp_path, "A1", "abcdefgh")
