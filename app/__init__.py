"""Composition roots of the boards, the host commands, the shell, the local cloud, simulators."""

__version__ = "2.0.0.dev0"

# The prefix of our modules' names: empty in a checkout, see `app.place`.
PREFIX = __name__[: -len("app")]
