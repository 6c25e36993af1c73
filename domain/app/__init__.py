"""The owner's app: called, verified, commanded."""
