"""Hostile texts, and the check that none has run."""

from __future__ import annotations

from typing import Any

# Each sets `window.pwned` if a browser takes it for more than text.
CORPUS = (
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    "\"><svg onload='pwned=1'>",
    "javascript:pwned=1",
    "{{constructor.constructor('pwned=1')()}}",
    "${pwned=1}`;pwned=1//",
    "</script><script>pwned=1</script>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "';pwned=1;'",
    ":getRowId",
)


def harmless(page: Any) -> None:
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img[src=x], main iframe, main script").count() == 0
