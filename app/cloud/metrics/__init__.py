"""Figures for Prometheus: what the cloud counts of itself, and how its Things are."""
