"""Composition roots of the boards, the host commands, the shell, the local cloud, simulators."""

__version__ = "2.0.0.dev0"

# What our modules' names begin with where we are installed as a package, see `app.place`.
PREFIX = __name__[: -len("app")]
