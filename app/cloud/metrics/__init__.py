"""Metrics for Prometheus: counters of the cloud itself, and the states of its Things."""
