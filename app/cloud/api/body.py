"""Parsers of a request body, JSON or a form, into its fields."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qsl

from app.cloud.api.errors import BadBody, Trouble
from app.cloud.values import DEEPEST, NotUnicode, TooDeep, check

IN_A_BODY = DEEPEST + 1  # a body is an object of values

_JSON = "application/json"
_MOST_FIELDS = 64  # of a form; no call has more than ten
_FORM = "application/x-www-form-urlencoded"


def parse_json(text: str, deepest: int = DEEPEST) -> Any:
    """Return the JSON value in `text`; ValueError for anything else.

    That includes NaN, numbers that are infinite as a float, and, as Unshowable, values that are
    nested more than `deepest` or not Unicode.
    """
    try:
        value = DECODER.decode(text)
    except RecursionError as error:
        raise TooDeep from error
    check(value, deepest)
    return value


def fields_of(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the fields of a body, none for an empty one.

    Raises BadBody if it cannot be read, Trouble if it is JSON but not an object.
    """
    if not body:
        return {}
    kind = content_type.split(";")[0].strip().lower()
    if kind == _FORM:
        return _form(body)
    if kind != _JSON:
        raise BadBody
    try:
        value = parse_json(body.decode("utf-8"), IN_A_BODY)
    except NotUnicode as error:
        raise Trouble(f"the body {error}") from error
    except ValueError as error:
        raise BadBody from error
    if value is None or isinstance(value, (int, float)):
        raise BadBody
    if not isinstance(value, dict):
        raise Trouble("the body is not a JSON object")
    return value


def _form(body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8", "replace")
    try:
        fields: dict[str, Any] = dict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        )
    except ValueError as error:
        raise BadBody from error
    # The recorded server cannot write the decrypted fields back into a form.
    if fields.get("encrypted") and fields.get("token"):
        raise Trouble("an encrypted form")
    return fields


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _refuse(constant: str) -> None:
    raise ValueError(constant)


# Of JSON with numbers that are finite alone (RFC 8259, 6).
DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
