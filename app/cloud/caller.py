"""HTTP calls to the management API of a local cloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from adapters.linux import inputs
from app.cloud.errors import CloudFailure
from app.cloud.folder import ADMIN_INFO, MAX_KEY

if TYPE_CHECKING:
    import requests

_API = "/api/manage/v1"
TIMEOUT = 20  # seconds, for an answer that waits for nothing; the first one loads the API
_PAGE = 1000  # items
_START = "Start it with `pythings cloud`, or say where its data is with --data."
_LOCAL = "local cloud"

Row = dict[str, Any]
_Self = TypeVar("_Self", bound="Caller")


class AdminError(CloudFailure):
    """A call that failed or was refused; the text says how to go on."""


class Caller:
    """A client of one cloud. Every method raises AdminError.

    `ca` is the path of the CA certificate to trust, for a cloud that made its own. `name` and
    `hint` are for the errors: which cloud it is, and the next step if it does not answer.
    """

    def __init__(
        self, url: str, token: str, ca: str | None = None, name: str = _LOCAL, hint: str = _START
    ) -> None:
        # Imported here and in `call`: the cloud's own process loads this module and makes no calls.
        import requests

        self._url = url
        self._name = name
        self._hint = hint
        self._session = requests.Session()
        # No proxy, no .netrc: the user's environment is not meant for a server at home.
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"
        # The server may close a kept-alive connection at the very moment of its next use.
        self._session.headers["Connection"] = "close"
        self._session.verify = ca or True

    @classmethod
    def from_data(cls: type[_Self], path: Path | str) -> _Self:
        """Return a client of the cloud that has its data in `path`."""
        try:
            info = json.loads(inputs.text(Path(path) / ADMIN_INFO, MAX_KEY))
            token = inputs.text(info["token"], MAX_KEY)
            return cls(info["url"], token, info["ca"])
        except FileNotFoundError as error:
            raise AdminError(f"No local cloud runs with its data in {path}. {_START}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AdminError(f"Cannot read {path} ({error}). {_START}") from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def get(self, path: str, **query: Any) -> Any:
        """Get a path and return the value, or text, of the answer."""
        return self.call("GET", path, TIMEOUT, query)

    def all(self, path: str, **query: Any) -> list[Row]:
        """Fetch a whole list, page by page."""
        found: list[Row] = []
        while True:
            page = self.get(path, offset=len(found), limit=_PAGE, **query)
            found += page["items"]
            if not page["items"] or len(found) >= page["total"]:
                return found

    def send(self, method: str, path: str, **fields: Any) -> Any:
        """Send a JSON object and return the answer."""
        return self.call(method, path, TIMEOUT, None, fields)

    def call(
        self, method: str, path: str, timeout: float, query: Row | None, fields: Row | None = None
    ) -> Any:
        """Make one call and return the value, or text, of its answer."""
        import requests

        try:
            response = self._session.request(
                method,
                f"{self._url}{_API}/{path}",
                params=query,
                json=fields,
                timeout=timeout,
                allow_redirects=False,
            )
            answer = _answer(response)
        except requests.exceptions.SSLError as error:
            raise AdminError(
                f"The certificate of {self._url} is not trusted. Give the path of its CA."
            ) from error
        except requests.RequestException as error:
            raise AdminError(
                f"No answer from the {self._name} at {self._url}. {self._hint}"
            ) from error
        if response.is_redirect:
            where = response.headers["Location"]
            raise AdminError(f"{self._url} redirects to {where}: is that the cloud?")
        if response.status_code >= 300:
            reason = answer.get("detail") if isinstance(answer, dict) else None
            raise AdminError(f"The {self._name} refuses: {reason or response.status_code}.")
        if "html" in response.headers.get("Content-Type", ""):
            raise AdminError(f"At {self._url} there is a web page, and no cloud. {self._hint}")
        return answer


def _answer(response: requests.Response) -> Any:
    if response.content and "json" in response.headers.get("Content-Type", ""):
        return response.json()
    return response.text


def part(name: str) -> str:
    """Return a name as a part of a path, where no library or proxy changes it."""
    for sign, escape in (("~", "~0"), ("/", "~1"), (".", "~2")):
        name = name.replace(sign, escape)
    return quote(name, safe="~")
