"""The Pythings Cloud API v1: a codec without I/O, and the gateway that speaks it."""
