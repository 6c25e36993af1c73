"""The same scenarios on every engine: their traces must be equal line by line."""
