"""What all boards with MicroPython share."""
