"""The model check: the real domain under every order of faults, to a stated depth."""
