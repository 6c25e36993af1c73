"""The errors a Thing gets, and their texts on the wire."""

from __future__ import annotations

HERE = "Hi, Pythings Cloud here. "
NO_TOKEN = HERE + 'Sorry, but I got an empty "token".'
NO_SESSION = HERE + "Error: token not found."
# Without the word "token", at which a Thing would register again at once.
NOT_PROVED = HERE + "Sorry, but the identity of this Thing was not proved."


class ApiError(Exception):
    """An answer other than 200: its status, and a text sent as one JSON string.

    It goes out encrypted if the request came encrypted, unless it is `plain`.
    """

    plain = False

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Trouble(ApiError):
    """The answer if a request makes the recorded server fail; `cause` is for the audit only."""

    plain = True

    def __init__(self, cause: str) -> None:
        super().__init__(
            500, HERE + "It seems like we are experiencing a problem, please try again later."
        )
        self.cause = cause


class NotAuthentic(ApiError):
    """The answer to a forged or repeated request; `cause` is for the audit only."""

    plain = True

    def __init__(self, cause: str) -> None:
        super().__init__(409, HERE + "Sorry, but this was changed on its way, or sent before.")
        self.cause = cause


class BadBody(ApiError):
    """The answer to a body that does not match its Content-Type."""

    plain = True

    def __init__(self) -> None:
        super().__init__(400, "Wrong data format")
