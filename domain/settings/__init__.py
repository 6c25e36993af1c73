"""Settings from the cloud and parameters from the device: what is valid."""
