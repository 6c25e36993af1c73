"""What the domain asks of the world, in the domain's words; interfaces only."""
