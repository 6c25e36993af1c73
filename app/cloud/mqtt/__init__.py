"""MQTT: readings and statuses go to a broker, and messages to Things may come from it."""
