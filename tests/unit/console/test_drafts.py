"""Drafts: the typed text is restored, and a damaged draft is ignored."""

from __future__ import annotations

import stat

from app.console.drafts import Draft, Drafts

FILES = {"worker_task.py": "x = 'ü'\n", "a/../b": "<script>"}
DRAFT = Draft("17", FILES, "19")


def test_a_draft_is_of_one_person_and_one_app(tmp_path):
    drafts = Drafts(tmp_path / "drafts")
    assert drafts.load("ada", "1") is None
    assert drafts.save("ada", "1", DRAFT)
    assert Drafts(tmp_path / "drafts").load("ada", "1") == DRAFT
    assert drafts.load("ada", "2") is None
    assert drafts.load("bob", "1") is None
    drafts.drop("ada", "1")
    drafts.drop("ada", "1")
    assert drafts.load("ada", "1") is None


def test_nobody_else_can_read_it_and_no_name_leads_elsewhere(tmp_path):
    Drafts(tmp_path / "drafts").save("../../ada", "../1", DRAFT)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert file.parent == tmp_path / "drafts"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_too_much_is_not_kept_and_damaged_is_none(tmp_path):
    drafts = Drafts(tmp_path)
    assert not drafts.save("ada", "1", Draft("17", {"worker_task.py": "x" * (1 << 21)}, "17"))
    drafts.save("ada", "1", DRAFT)
    (file,) = tmp_path.iterdir()
    for damage in ("", "[]", '{"base": 1}', '{"base": 1, "files": []}', "{"):
        file.write_text(damage)
        assert drafts.load("ada", "1") is None


def test_a_draft_of_an_earlier_console_has_seen_its_base(tmp_path):
    drafts = Drafts(tmp_path)
    drafts.save("ada", "1", DRAFT)
    (file,) = tmp_path.iterdir()
    file.write_text('{"base": "17", "files": {"a.py": "x"}}')
    assert drafts.load("ada", "1") == Draft("17", {"a.py": "x"}, "17")
