"""Adapters for all boards with MicroPython."""
