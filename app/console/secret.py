"""Secrets that are shown once: a new token, or the password of a new account."""

from __future__ import annotations

from nicegui import ui

from app.console.page import button, text


async def show_once(title: str, advice: str, secret: str) -> None:
    """Show a secret until the dialog is closed; it is kept nowhere in the page."""
    with ui.dialog().props("persistent") as dialog, ui.element("div").classes("card dialog"):
        dialog.props["aria-label"] = title
        text("h2", title)
        text("p", f"{advice} Copy it now: it is not shown again.", "wrap")
        text("code", secret, "command secret")
        with ui.element("div").classes("line"):
            button("Copy", lambda: _copy(secret), "content_copy")
            button("Done", dialog.close, quiet=True)
    await dialog
    dialog.delete()


def _copy(secret: str) -> None:
    ui.clipboard.write(secret)
    ui.notify("Copied")
