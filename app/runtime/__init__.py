"""The main loops and the loaders that start an OS."""
