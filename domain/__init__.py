"""The lifecycle of a Thing and its rules: no I/O, no clock, no platform."""
