"""The check of a page by axe."""

from __future__ import annotations

from typing import Any

LOOKS = 4  # a view that is still being drawn is looked at again, which takes a second each
GRAVE = ("serious", "critical")
# Behind an open dialog axe takes the veil for the ground of each text. The colours of a dialog are
# those of a card, of which every view has one.
UNDER_A_VEIL = {"rules": {"color-contrast": {"enabled": False}}}


def look(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_load_state("networkidle")
    options = UNDER_A_VEIL if page.get_by_role("dialog").count() else None
    told: list[Any] = []
    for _ in range(LOOKS):
        found = Axe().run(page, options=options).response["violations"]
        told = [
            (one["id"], one["help"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in found
            if one["impact"] in GRAVE
        ]
        if not told:
            break
    assert told == [], page.url
