"""The status of the Thing's parts, and the changes not yet reported to the cloud."""

from __future__ import annotations

OK = "OK"
KO = "KO"

MAX_REMARKS = 8
PARTS = ("pythings", "management", "worker")


class Status:
    """The latest status of each part, and the last one reported to the cloud in this session."""

    def __init__(self) -> None:
        self.now: dict[str, tuple[str, str]] = {}
        self.since: dict[str, int] = {}  # monotonic ms of the last change of each
        self.told: dict[str, tuple[str, str]] = {}
        self.remarks: list[str] = []  # stay in the status for the session: people read them
        self.changed = False  # there may be a status that the cloud does not know

    def set(self, now: int, part: str, problem: str = "", news: str = "") -> None:
        """Set `part` to OK, or to KO with a `problem`, `now` (monotonic ms); either way there may
        be `news` of it."""
        text = "; ".join([text for text in (problem, news) if text])
        status = (KO if problem else OK, text)
        if self.now.get(part) != status:
            self.now[part] = status
            self.since[part] = now
        self.changed = True

    def remark(self, text: str) -> None:
        """Add a text about the Thing as a whole that stays in the status for this session."""
        if text not in self.remarks:
            self.remarks = self.remarks[1 - MAX_REMARKS :] + [text]

    def over(self, kinds: list[str], words: str = "") -> None:
        """Remove the remarks on these kinds, which begin with the name of the kind, that have these
        words."""
        rest = [
            text for text in self.remarks if text.split(" ")[0] not in kinds or words not in text
        ]
        self.remarks = rest

    def new_session(self) -> None:
        """Forget all reports: the cloud takes a new session to be fine until told otherwise."""
        self.told = {"pythings": (OK, "")}
        self.changed = True
        self.remarks = []

    def untold(self) -> list[tuple[str, str, str]]:
        """Return (part, OK or KO, text) for each status that the cloud does not know."""
        found = [
            (part, self.now[part][0], self.now[part][1])
            for part in PARTS
            if part in self.now and self.now[part] != self.told.get(part)
        ]
        self.changed = bool(found)
        return found

    def tell(self, part: str) -> None:
        """Record that the cloud knows the current status of `part`."""
        self.told[part] = self.now[part]
