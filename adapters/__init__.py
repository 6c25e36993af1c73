"""The outside world behind the ports, one folder per kind of hardware or protocol."""
