"""`pythings doctor`: the firmware and memory of a board, and whether the OS runs there."""
