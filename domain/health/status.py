"""How the parts of the Thing are doing, and which of it the cloud has yet to be told."""

from __future__ import annotations

OK = "OK"
KO = "KO"

MAX_REMARKS = 8
PARTS = ("pythings", "management", "worker")


class Status:
    """The last word on each part, and the last that the cloud was told in this session."""

    def __init__(self) -> None:
        self.now: dict[str, tuple[str, str]] = {}
        self.told: dict[str, tuple[str, str]] = {}
        self.remarks: list[str] = []  # stay the word on pythings for the session: people read it
        self.changed = False  # there may be something that the cloud does not know

    def set(self, part: str, problem: str = "", news: str = "") -> None:
        """`part` is OK, or KO with a `problem`; either way there may be `news` of it."""
        text = "; ".join([text for text in (problem, news) if text])
        self.now[part] = (KO if problem else OK, text)
        self.changed = True

    def remark(self, text: str) -> None:
        """Something about the Thing as a whole that stays worth reading for this session."""
        if text not in self.remarks:
            self.remarks = self.remarks[1 - MAX_REMARKS :] + [text]

    def over(self, kinds: list[str]) -> None:
        """What was remarked on these kinds, which is the first word, is so no more."""
        self.remarks = [text for text in self.remarks if text.split(" ")[0] not in kinds]

    def new_session(self) -> None:
        """The cloud has forgotten; it takes a session to be fine until told otherwise."""
        self.told = {"pythings": (OK, "")}
        self.changed = True
        self.remarks = []

    def untold(self) -> list[tuple[str, str, str]]:
        """(part, OK or KO, text) for each that the cloud does not know."""
        found = [
            (part, self.now[part][0], self.now[part][1])
            for part in PARTS
            if part in self.now and self.now[part] != self.told.get(part)
        ]
        self.changed = bool(found)
        return found

    def tell(self, part: str) -> None:
        """The cloud now knows."""
        self.told[part] = self.now[part]
