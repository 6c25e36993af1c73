"""Adapters for the ESP32 only."""
