"""Alarms: a rule for a pool's Things tells of each change once, by e-mail or webhook."""
