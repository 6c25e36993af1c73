"""The error of whoever runs or manages a local cloud."""


class CloudError(Exception):
    """It cannot be done; the text says why, and what to do next."""
