"""A simulated fleet: many Things of the real domain on a virtual clock, against one cloud."""
