"""The scenarios for every engine, in MicroPython's subset of Python and built like the OS.

A scenario is `run(out, cases)`: for each case, a JSON value, it passes lines of text to `out`.
Calls into the OS pass arguments by position, as the build shortens names by use within the OS.
"""
