"""Parts that are wired to a simulated board: sensors, a button, a light, a meter.

Each does what its data sheet says, also where that is unkind to a driver; values and faults are set
from outside (`app.simulator.control`).
"""
