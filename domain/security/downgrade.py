"""The rule for a cloud that has spoken payload mode 2 and no longer does. docs/security.md, 18.

Only one thing is accepted from it: a command that the owner has signed, which any cloud can carry.
`:weaker` states that the cloud was replaced, or restored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.app.signed_command import verified
from domain.errors import CloudError, ThingError
from domain.security.secret import introduce

if TYPE_CHECKING:
    from domain.thing import Thing

STATEMENT = ":weaker"
NAME = "weaker"  # the file that states the same by hand
_TEXT = "this cloud spoke mode 2 before: nothing is taken from it - sign :weaker to allow that"


def ask(thing: Thing, cloud: str) -> None:
    """Raise CloudError `weaker`, and end the session, unless the owner has allowed the weaker
    mode."""
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
    """Return whether the cloud's next message is the statement; refuse any other, unread."""
    salt = thing.cloud.salt()
    if salt:
        introduce(thing, salt)
    thing.cloud.management()
    thing.cloud.report("pythings", "KO", _TEXT)
    thing.cloud.report("management", "OK", None)  # only after this does the cloud send messages
    message = thing.cloud.management()[1]
    if message is None:
        return False
    try:
        said = message[1] == "CMD" and verified(thing, str(message[2])) == STATEMENT
    except ThingError:
        said = False
    thing.cloud.reply(message[0], "well" if said else "refused: " + _TEXT)
    return said
