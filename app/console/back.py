"""The return of a page after a restart of the server, a cut of the network, a sleep of the browser.

The library reconnects by itself, and loads the page again if the server no longer knows it. It has
three gaps. It loads the page also into a network that does not answer, which leaves the browser's
own error page; it asks for ever once the session has ended; and it takes input that will be lost.
"""

from __future__ import annotations

from nicegui import ui

# `inert` takes no input; the focus is given back, so that a short cut does not stop a writer.
_JAVASCRIPT = """\
if (!window.comesBack) {
  window.comesBack = true;
  let held = null;
  socket.on("disconnect", () => {
    held = document.activeElement;
    content.inert = true;
  });
  socket.on("connect", () => {
    content.inert = false;
    if (held?.isConnected) held.focus();
  });
  socket.off("connect_error");
  socket.on("connect_error", async error => {
    if (error.message === "Implicit handshake failed") return location.reload();
    const seen = await fetch("/favicon.ico", {cache: "no-store"}).catch(() => null);
    if (seen?.redirected) location.reload();
  });
}
"""


def come_back() -> None:
    """Let the current page return to the current state of affairs, or to the log-in."""
    ui.run_javascript(_JAVASCRIPT)
