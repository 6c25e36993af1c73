"""Attacks on the generated OS on MicroPython, built like tests/conformance/scenarios."""
