"""The refusals of a simulated machine."""

from __future__ import annotations

REFUSED = """\
def refused(act, *arguments, **options):
    try:
        act(*arguments, **options)
    except Exception as error:
        print(type(error).__name__, *error.args)
    else:
        print("taken")
"""
