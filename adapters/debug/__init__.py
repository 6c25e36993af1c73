"""The device end of the debug shell; loaded on demand."""
