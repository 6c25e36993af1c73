"""The host commands, one module each, with ``main(argv) -> exit status``."""
