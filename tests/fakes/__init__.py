"""Deterministic fakes of all ports, in memory, held to the ports' contracts."""
