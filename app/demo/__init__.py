"""The life of a device, demonstrated with real processes."""
