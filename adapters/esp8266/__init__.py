"""Adapters for the ESP8266 only."""
