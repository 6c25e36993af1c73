"""What is run on every engine; in the Python that MicroPython has, and built like the OS.

A scenario is `run(out, cases)`: for each case, a JSON value, it gives lines of text to `out`.
Calls into the OS give their arguments by place, since names are shortened by use within the OS.
"""
