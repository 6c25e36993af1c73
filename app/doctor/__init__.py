"""`pythings doctor`: what a board has, and whether the OS runs there."""
