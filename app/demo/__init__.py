"""The life of a device, shown with real processes."""
