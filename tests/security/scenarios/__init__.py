"""Attacks as the generated OS meets them on MicroPython; as tests/conformance/scenarios."""
