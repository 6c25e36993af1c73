"""The error for a user that runs or manages a local cloud."""


class CloudFailure(Exception):
    """A failure with a text for the user: the reason, and the next step."""
