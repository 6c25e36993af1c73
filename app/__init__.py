"""Composition roots of the boards, the host commands, the shell, the local cloud, simulators."""

__version__ = "2.0.0.dev0"
