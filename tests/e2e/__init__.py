"""Real processes, real sockets, a local cloud."""
