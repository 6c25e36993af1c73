"""Releases of the OS: their keys, their signatures, and the folders that a cloud serves."""
