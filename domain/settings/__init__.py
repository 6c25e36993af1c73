"""Settings from the cloud, parameters of the device, and the rules for both."""
