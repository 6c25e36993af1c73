"""The error of all steps of an installation."""

from __future__ import annotations


class InstallError(Exception):
    """A step failed; the text names the cause and the remedy. A second try is always possible."""
