"""Lines of a signed text: none is too long, none is cut."""

from __future__ import annotations

import pytest

from domain.errors import CloudError
from domain.os_update.lines import lines
from tests.fakes.source import Pieces

LONGEST = b"x" * 2048


@pytest.mark.parametrize("cut", [1, 255, 256, 2048, 2049])
def test_lines_are_as_long_as_a_key_of_rsa_4096(cut):
    text = LONGEST + b"\n\nlast\n"
    source = Pieces([text[:cut], text[cut:]])
    assert list(lines(source)) == [LONGEST, b"", b"last"]


@pytest.mark.parametrize(
    ("text", "said"),
    [(LONGEST + b"x\n", "a line is too long"), (LONGEST + b"x", "too long"), (b"a\nb", "cut")],
)
def test_lines_that_are_refused(text, said):
    with pytest.raises(CloudError, match=said):
        list(lines(Pieces([text])))
