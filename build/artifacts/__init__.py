"""The artifacts of a release: all that its users download, from one commit."""
