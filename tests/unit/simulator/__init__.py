"""Simulated boards: mostly in the real interpreter."""
