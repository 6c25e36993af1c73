"""Composition roots: which adapter fills which port on a board. No logic lives here."""
