"""The levels of events, numbered as in Python's `logging`."""

DEBUG = 10
INFO = 20
WARNING = 30
ERROR = 40
