"""Fixtures of all attacks: a running local cloud, an app on it, its Things, and boards."""

from tests.unit.cloud.conftest import admin, aid, cloud, postgresql, sealed, thing, wire
from tests.unit.simulator.conftest import make

__all__ = ["admin", "aid", "cloud", "make", "postgresql", "sealed", "thing", "wire"]
