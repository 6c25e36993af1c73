"""How much an event matters; the numbers are those of Python's `logging`."""

DEBUG = 10
INFO = 20
WARNING = 30
ERROR = 40
