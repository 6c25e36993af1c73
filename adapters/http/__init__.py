"""HTTP over any stream: a parser without I/O, and the transport that feeds it."""
