"""The command language: splits a text into commands of words."""

from __future__ import annotations

import shlex

from app.shell.errors import ShellError


def commands(text: str) -> list[list[str]]:
    """Split a text into commands: `;` or a line's end separates them, `#` begins a comment.

    Words are quoted as in a shell. Raise `ShellError`.
    """
    found = []
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";")
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            for word in lexer:
                if set(word) == {";"}:
                    found.append(words)
                    words = []
                else:
                    words.append(word)
        except ValueError as error:
            raise ShellError("%s: %s" % (line.strip(), error)) from None
        found.append(words)
    return [words for words in found if words]
