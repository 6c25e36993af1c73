"""The use case of each state."""
