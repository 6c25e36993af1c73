"""Servers that end with the test, and certificates for them."""

from __future__ import annotations

from tests.contract.conftest import authority, serve, stack

__all__ = ["authority", "serve", "stack"]
