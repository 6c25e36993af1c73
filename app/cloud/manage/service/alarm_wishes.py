"""The checks of an alarm that is to be added: its condition, and its target."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.cloud.alarms import rules
from app.cloud.alarms.mail import is_address
from app.cloud.alarms.rules import AlarmRule
from app.cloud.alarms.webhook import shown
from app.cloud.manage.service.office import Refused
from app.cloud.tables.alarms import MAIL, WEBHOOK, WebhookTarget
from app.cloud.tables.ranges import path_of

_SHORTEST_S, _LONGEST_S = 60.0, 90 * 86_400.0
_LONGEST_SETTLE_S = 86_400.0
_LARGEST = 1e300  # readings beyond are in no aggregate either
_LONGEST_FIELD = 100  # characters
_SECRET = (16, 200)  # characters: RFC 2104, 3 asks for as much as the digest gives


@dataclass(frozen=True)
class AlarmWish:
    """The condition, and the target. `field`: a name, or a JSON Pointer; "": the reading itself.

    `limit`, `back`: see AlarmRule; without `back` it is the limit. `mail`: an address; `webhook`: a
    URL, whose calls are signed with `secret`.
    """

    kind: str
    for_s: float = 0.0
    settle_s: float = 60.0
    field: str = ""
    limit: float | None = None
    back: float | None = None
    mail: str | None = None
    webhook: str | None = None
    secret: str | None = None

    @property
    def means(self) -> str:
        """Return how its changes are sent."""
        return MAIL if self.webhook is None else WEBHOOK

    @property
    def shown(self) -> str:
        """Return the part of the target that is no secret."""
        return shown(self.webhook) if self.webhook is not None else str(self.mail)


def rule_of(wish: AlarmWish) -> AlarmRule:
    """Return the rule of a wish; raises Refused."""
    if wish.kind not in rules.KINDS:
        raise Refused(422, f"kind must be one of {', '.join(rules.KINDS)}")
    least = _SHORTEST_S if wish.kind == rules.OFFLINE else 0.0
    if not least <= wish.for_s <= _LONGEST_S:
        raise Refused(422, f"for_s must be {least:.0f} to {_LONGEST_S:.0f} seconds")
    if not 0 <= wish.settle_s <= _LONGEST_SETTLE_S:
        raise Refused(422, f"settle_s must be 0 to {_LONGEST_SETTLE_S:.0f} seconds")
    numeric = wish.kind in (rules.OVER, rules.UNDER)
    if not numeric and (wish.field or wish.limit is not None or wish.back is not None):
        raise Refused(422, f"field, limit and back are not for {wish.kind}")
    if not numeric:
        return AlarmRule(wish.kind, wish.for_s, wish.settle_s)
    return AlarmRule(wish.kind, wish.for_s, wish.settle_s, tuple(_path(wish.field)), *_band(wish))


def _band(wish: AlarmWish) -> tuple[float, float]:
    limit = wish.limit
    back = limit if wish.back is None else wish.back
    if limit is None or back is None:
        raise Refused(422, f"give the limit that the field must not be {wish.kind}")
    if not all(math.isfinite(it) and abs(it) <= _LARGEST for it in (limit, back)):
        raise Refused(422, "limit and back must be numbers up to 1e300")
    if (back > limit) if wish.kind == rules.OVER else (back < limit):
        other = "above" if wish.kind == rules.OVER else "below"
        raise Refused(422, f"back must not be {other} the limit")
    return limit, back


def _path(field: str) -> list[str]:
    if len(field) > _LONGEST_FIELD:
        raise Refused(422, f"field has more than {_LONGEST_FIELD} characters")
    try:
        return path_of(field)
    except ValueError as error:
        raise Refused(422, f"field {error} is no name or JSON Pointer") from error


def target_of(wish: AlarmWish) -> WebhookTarget | None:
    """Return the target of a webhook, None for e-mail; raises Refused."""
    if (wish.mail is None) == (wish.webhook is None):
        raise Refused(422, "give either mail or webhook")
    if wish.webhook is None:
        if not is_address(str(wish.mail)) or wish.secret is not None:
            raise Refused(422, "mail must be an e-mail address, and has no secret")
        return None
    secret = wish.secret or ""
    if not (secret.isascii() and secret.isprintable() and _SECRET[0] <= len(secret) <= _SECRET[1]):
        raise Refused(422, "secret must have 16 to 200 printable ASCII characters")
    try:
        shown(wish.webhook)
    except ValueError as error:
        raise Refused(422, f"webhook: {error}") from error
    return WebhookTarget(wish.webhook, secret)
