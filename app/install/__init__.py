"""`pythings install`: a board from its box to a Thing that runs."""
