"""Parts that are wired to a simulated board: sensors, a button, a light, a meter.

Each follows its data sheet, even where that is hard on a driver; values and faults are set from
outside (`app.simulator.control`).
"""
