"""The device end of the debug shell; loaded when somebody asks for it."""
