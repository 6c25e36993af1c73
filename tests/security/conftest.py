"""What the attacks share: a running local cloud, an app on it, and its Things."""

from tests.unit.cloud.conftest import admin, aid, cloud, sealed, thing, wire

__all__ = ["admin", "aid", "cloud", "sealed", "thing", "wire"]
