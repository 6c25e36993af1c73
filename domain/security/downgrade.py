"""A cloud that has spoken payload mode 2, and does not any more. docs/security.md, 18.

Nothing is taken from it, but one thing: a command that the owner has signed, which any cloud
carries. `:weaker` says that this cloud is another one now, or one that was restored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.app.signed_command import verified
from domain.errors import CloudError, ThingError
from domain.security.secret import introduce

if TYPE_CHECKING:
    from domain.thing import Thing

STATEMENT = ":weaker"
NAME = "weaker"  # the file that says so by hand
_TEXT = "this cloud spoke mode 2 before: nothing is taken from it - sign :weaker to allow that"


def ask(thing: Thing, cloud: str) -> None:
    """Raises CloudError `weaker`, in no session, unless the owner has said that it is well."""
    try:
        said = NAME in thing.storage.names() or _stated(thing)
    except ThingError:
        said = False
    if not said:
        thing.cloud.forget()
        raise CloudError(NAME, _TEXT)
    thing.storage.remove(NAME)
    thing.journal.strong.remove(cloud)
    thing.save_journal()


def _stated(thing: Thing) -> bool:
    """Whether the cloud's next message is the statement; another one is refused, unread."""
    salt = thing.cloud.salt()
    if salt:
        introduce(thing, salt)
    thing.cloud.management()
    thing.cloud.report("pythings", "KO", _TEXT)
    thing.cloud.report("management", "OK", None)  # from now on there are messages
    message = thing.cloud.management()[1]
    if message is None:
        return False
    try:
        said = message[1] == "CMD" and verified(thing, str(message[2])) == STATEMENT
    except ThingError:
        said = False
    thing.cloud.reply(message[0], "well" if said else "refused: " + _TEXT)
    return said
