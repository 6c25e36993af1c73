"""A local stand-in for the Pythings Cloud: the Thing API v1, an admin API and their server."""
