"""The check of a discovery message against the fields that Home Assistant publishes."""

from __future__ import annotations

import json
import re
from typing import Any

# Home Assistant's documented variables of an MQTT sensor, of its device and of the origin.
TEXTS = """
name unique_id state_topic state_class device_class icon unit_of_measurement value_template
availability_mode availability_template availability_topic payload_available payload_not_available
json_attributes_topic json_attributes_template entity_category entity_picture object_id
default_entity_id encoding last_reset_value_template platform
"""
SENSOR = dict.fromkeys(TEXTS.split(), str) | {
    "availability": list,
    "device": dict,
    "origin": dict,
    "enabled_by_default": bool,
    "expire_after": int,
    "force_update": bool,
    "options": list,
    "qos": int,
    "suggested_display_precision": int,
}
DEVICE = {"identifiers", "connections", "manufacturer", "model", "model_id", "name", "hw_version"}
ORIGIN = {"name", "sw_version", "support_url"}
AVAILABILITY = {"topic", "payload_available", "payload_not_available", "value_template"}
TOPIC = re.compile(r"homeassistant/sensor/[a-zA-Z0-9_-]+/[a-zA-Z0-9_-]+/config")


def check_discovery(topic: str, text: str) -> dict[str, Any]:
    """Check a discovery message against the published fields; return it."""
    assert TOPIC.fullmatch(topic)
    config: dict[str, Any] = json.loads(text)
    for name, value in config.items():
        assert isinstance(value, SENSOR[name]), name
    assert config["state_topic"] and config["unique_id"]
    assert config["state_class"] in ("measurement", "total", "total_increasing")
    assert config["availability_mode"] in ("all", "any", "latest")
    assert all(set(it) <= AVAILABILITY and it["topic"] for it in config["availability"])
    assert set(config["device"]) <= DEVICE and config["device"]["identifiers"]
    assert set(config["origin"]) <= ORIGIN and config["origin"]["name"]
    return config
