"""The journal, slots, remedies and the status of a Thing."""
