"""The ports without a world: plain, deterministic, held to the ports' contracts."""
