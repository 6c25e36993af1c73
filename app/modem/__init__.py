"""A simulated SIM800: the real dialogue, faults on demand, and the real Internet behind it."""
