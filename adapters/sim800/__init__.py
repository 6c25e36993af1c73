"""The SIM800 cellular modem: its AT dialogue, and the link and transport over it."""
