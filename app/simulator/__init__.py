"""Boards that are not there: the OS on real MicroPython, with hardware that the host simulates."""
