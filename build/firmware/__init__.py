"""Firmware images: the OS in file systems, and in the flash of a board."""
