"""Simulated boards: the OS on real MicroPython, with hardware that the host simulates."""
