"""The load that the cloud stands: commands that print figures, and a short test run of each."""
