"""Readings: the rules for them, and the queue in which they wait."""
