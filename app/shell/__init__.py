"""The host end of the debug shell."""
