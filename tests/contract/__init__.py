"""The contracts of the ports, checked on every adapter and fake."""
