"""The web API v1 of the existing cloud, which the scripts of owners call."""
