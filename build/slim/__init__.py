"""The slim build: one source, made to fit a MicroPython board."""
