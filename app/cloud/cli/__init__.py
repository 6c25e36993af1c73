"""The parts of the `pythings cloud` command."""
