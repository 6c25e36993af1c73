"""Tests of the simulated boards: mostly in the real interpreter."""
