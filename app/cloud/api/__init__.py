"""The Thing API v1: one module for each of its calls."""
