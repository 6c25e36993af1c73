"""The benchmark: figures of this OS beside those of its predecessor, and the goals for them."""
