"""The open editors of each app, so that each page can name the other people at it."""

from __future__ import annotations

from collections.abc import Callable


class Editors:
    """The editors that are open in browsers, by the id of the app."""

    def __init__(self) -> None:
        self._rooms: dict[str, list[Seat]] = {}

    def seat(self, aid: str, person: str, changed: Callable[[], None]) -> Seat:
        """Return a seat for one page; `changed` is called whenever the others change."""
        return Seat(self._rooms.setdefault(aid, []), person, changed)


class Seat:
    """One page with an editor; `typed`: it has unsaved changes."""

    def __init__(self, room: list[Seat], person: str, changed: Callable[[], None]) -> None:
        self.person = person
        self.typed = False
        self._room = room
        self._changed = changed

    def enter(self) -> None:
        """Take part; again after the browser was away."""
        if self not in self._room:
            self._room.append(self)
            self.tell()

    def leave(self) -> None:
        """Take no part any more."""
        if self in self._room:
            self._room.remove(self)
            self.tell()

    def type(self, typed: bool) -> None:
        """Tell the others that there are unsaved changes, or no longer."""
        if typed != self.typed:
            self.typed = typed
            self.tell()

    def tell(self) -> None:
        """Call `changed` of all pages, also of this one."""
        for seat in list(self._room):
            seat._changed()

    def others(self) -> dict[str, bool]:
        """Return the people at the other pages, and whether they have unsaved changes."""
        found: dict[str, bool] = {}
        for seat in self._room:
            if seat is not self:
                found[seat.person] = found.get(seat.person, False) or seat.typed
        return found
