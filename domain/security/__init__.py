"""Signed texts, key lists, the secret of a Thing."""
