"""A local stand-in for the Pythings Cloud: the Thing API v1, a management API, their server."""
